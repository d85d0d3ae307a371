/** Connected black areas of a bilevel page (8 neighbours), as runs; every array is indexed by run, and `root` names the area's first run. */
export interface Components {
  readonly count: number
  readonly start: Int32Array
  readonly end: Int32Array
  readonly row: Int32Array
  readonly root: Int32Array
  /** By root: black pixels, and the box that encloses them (half open). */
  readonly area: Int32Array
  readonly left: Int32Array
  readonly top: Int32Array
  readonly right: Int32Array
  readonly bottom: Int32Array
}

/** Finds the connected black areas. `data`: 0 is black, everything else white. */
export function findComponents(data: Uint8Array, width: number, height: number): Components {
  const runs = findRuns(data, width, height)
  const { count, start, end, row } = runs
  const parent = new Int32Array(count)
  const find = (run: number): number => {
    let at = run
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number
      at = parent[at] as number
    }
    return at
  }
  let above = 0
  for (let run = 0; run < count; run++) {
    parent[run] = run
    const y = row[run] as number
    // `above` only moves on: runs are sorted, and the next run of this row may touch the last one that this run touched.
    while (
      above < run &&
      ((row[above] as number) < y - 1 || ((row[above] as number) === y - 1 && (end[above] as number) < (start[run] as number)))
    )
      above++
    for (let other = above; other < run && row[other] === y - 1 && (start[other] as number) <= (end[run] as number); other++) {
      const a = find(other)
      const b = find(run)
      if (a < b) parent[b] = a
      else parent[a] = b
    }
  }
  const root = new Int32Array(count)
  for (let run = 0; run < count; run++) root[run] = find(run)
  return { ...runs, root, ...measure(runs, root) }
}

type Runs = Pick<Components, 'count' | 'start' | 'end' | 'row'>

function findRuns(data: Uint8Array, width: number, height: number): Runs {
  let [start, end, row] = [new Int32Array(1 << 16), new Int32Array(1 << 16), new Int32Array(1 << 16)]
  let count = 0
  for (let y = 0; y < height; y++) {
    const line = data.subarray(y * width, (y + 1) * width)
    let x = line.indexOf(0)
    while (x !== -1 && x < width) {
      const from = x
      while (x < width && line[x] === 0) x++
      if (count === start.length) [start, end, row] = [grow(start), grow(end), grow(row)]
      start[count] = from
      end[count] = x
      row[count++] = y
      x = line.indexOf(0, x)
    }
  }
  return { count, start, end, row }
}

function grow(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}

function measure({ count, start, end, row }: Runs, root: Int32Array): Pick<Components, 'area' | 'left' | 'top' | 'right' | 'bottom'> {
  const area = new Int32Array(count)
  const left = new Int32Array(count).fill(0x7fffffff)
  const top = new Int32Array(count).fill(0x7fffffff)
  const right = new Int32Array(count)
  const bottom = new Int32Array(count)
  for (let run = 0; run < count; run++) {
    const at = root[run] as number
    area[at]! += (end[run] as number) - (start[run] as number)
    left[at] = Math.min(left[at] as number, start[run] as number)
    right[at] = Math.max(right[at] as number, end[run] as number)
    top[at] = Math.min(top[at] as number, row[run] as number)
    bottom[at] = Math.max(bottom[at] as number, (row[run] as number) + 1)
  }
  return { area, left, top, right, bottom }
}

/** Makes white every area that `unwanted` says yes to; `data` is written into. */
export function eraseComponents(
  data: Uint8Array,
  width: number,
  { components, unwanted }: { components: Components; unwanted: (root: number) => boolean },
): void {
  const { count, start, end, row, root } = components
  const verdicts = new Int8Array(count)
  for (let run = 0; run < count; run++) {
    const at = root[run] as number
    if (verdicts[at] === 0) verdicts[at] = unwanted(at) ? 1 : -1
    if (verdicts[at] === 1)
      data.fill(255, (row[run] as number) * width + (start[run] as number), (row[run] as number) * width + (end[run] as number))
  }
}

import type { MeasuredLine } from './measured-line.ts'

/** Lines whose sizes differ by less than this factor are one kind of text: a line without capitals is as large as its neighbours. */
const ALIKE = 1.6
/** A font's size as a share of the distance to the next line: poppler looks for that within 1.5 sizes, so the least would be 0.67. */
const OF_PITCH = 0.72

/**
 * Gives all lines of about the same size one size. Poppler puts only lines into one block whose sizes differ by less than 5 % and that are
 * no farther apart than 1.5 sizes; a column that falls apart is read across, line by line with its neighbour. Nor may it be larger than
 * need be: what is nearer than 0.7 sizes poppler takes into the block, also from the next column.
 */
export function shareSizes(lines: readonly MeasuredLine[]): MeasuredLine[] {
  const shared = new Map<MeasuredLine, number>()
  for (const kind of kindsOf(lines)) {
    const pitch = median(lines.flatMap((line, at) => pitchOf(line, lines[at + 1], kind)))
    for (const line of kind) shared.set(line, Math.max(sizeOf(kind[0]), OF_PITCH * pitch))
  }
  return lines.map((line) => ({ ...line, sizes: line.sizes.map((size) => shared.get(line) ?? size) }))
}

/** Lines of about one size, the largest first. */
function kindsOf(lines: readonly MeasuredLine[]): MeasuredLine[][] {
  const kinds: MeasuredLine[][] = []
  for (const line of [...lines].sort((one, other) => sizeOf(other) - sizeOf(one))) {
    const kind = kinds.at(-1)
    if (kind !== undefined && sizeOf(line) * ALIKE >= sizeOf(kind[0])) kind.push(line)
    else kinds.push([line])
  }
  return kinds
}

function sizeOf(line: MeasuredLine | undefined): number {
  return line?.sizes[0] ?? 0
}

/** From a line to the next of its block. */
function pitchOf(line: MeasuredLine, next: MeasuredLine | undefined, kind: readonly MeasuredLine[]): number[] {
  if (next?.block !== line.block || !kind.includes(line) || !kind.includes(next)) return []
  return [Math.abs(middleOf(next) - middleOf(line))]
}

function middleOf({ edges, baseline }: MeasuredLine): number {
  return edges.reduce((sum, box) => sum + baseline(box), 0) / edges.length
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}

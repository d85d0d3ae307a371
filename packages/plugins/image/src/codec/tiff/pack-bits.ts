/** What PackBits gave. */
export interface UnpackedBits {
  readonly bytes: Uint8Array
  /** False when the codes do not stand for as many bytes as the pixels have. */
  readonly sound: boolean
}

/** Writers pad strips to even sizes; what is left over beyond that is a sign of damage. */
const PADDING = 4

/** True when every row is packed by itself and nothing is left over: then libvips reads it, too. */
export function isPackedByRows(part: Uint8Array, { size, stride }: { size: number; stride: number }): boolean {
  let [at, to, left] = [0, 0, stride]
  while (to < size) {
    const head = part[at]
    if (head === undefined) return false
    if (head === 128) {
      at++
      continue
    }
    const length = head < 128 ? head + 1 : 257 - head
    at += head < 128 ? length + 1 : 2
    to += length
    left -= length
    if (left < 0) return false
    if (left === 0) left = stride
  }
  return at <= part.length && part.length - at <= PADDING
}

/**
 * Undoes PackBits. Runs that go on in the next row are forbidden but written: libvips, which reads row by row, loses
 * their rest. Who writes them so fills the strip to the byte. In a damaged
 * strip the bytes end at the first such run, or where there is none at the start, because nothing tells the place of the damage then.
 * @see TIFF 6.0, section 9
 */
export function unpackBits(part: Uint8Array, { size, stride }: { size: number; stride: number }): UnpackedBits {
  const out = new Uint8Array(size)
  let [at, to] = [0, 0]
  let crossed: number | undefined
  while (to < size && at < part.length) {
    const head = part[at++] as number
    if (head === 128) continue
    const length = head < 128 ? head + 1 : 257 - head
    if ((to % stride) + length > stride) crossed ??= to
    // Runs are short: plain loops are quicker than views.
    const end = Math.min(to + length, size)
    if (head < 128) for (let from = at, place = to; place < end; ) out[place++] = part[from++] ?? 0
    else out.fill(part[at] ?? 0, to, end)
    at += head < 128 ? length : 1
    // The data end within a run: what it lacks is not there.
    to += Math.max(0, at > part.length ? (head < 128 ? length - (at - part.length) : 0) : length)
  }
  if (to < size) return { bytes: out.subarray(0, crossed ?? to), sound: false }
  const isExact = to === size && part.length === at
  if (isExact || (crossed === undefined && part.length - at <= PADDING)) return { bytes: out, sound: true }
  return { bytes: out.subarray(0, crossed ?? 0), sound: false }
}

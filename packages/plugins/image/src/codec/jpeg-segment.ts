/** A segment of a JPEG's header: its marker's second byte, its content, and the whole of it. */
export interface JpegSegment {
  marker: number
  content: Uint8Array
  whole: Uint8Array
}

const SOS = 0xda

/** The segments before the first scan; ends at what is no segment. @see ITU-T T.81, B.1.1 */
export function* jpegSegments(file: Uint8Array): Generator<JpegSegment> {
  for (let at = 2; at + 4 <= file.length; ) {
    const marker = file[at + 1] as number
    if (file[at] !== 0xff || marker === SOS) return
    if (marker === 0xff) {
      at++
      continue
    }
    const end = at + 2 + (((file[at + 2] as number) << 8) | (file[at + 3] as number))
    if (end > file.length) return
    yield { marker, content: file.subarray(at + 4, end), whole: file.subarray(at, end) }
    at = end
  }
}

/** The most that one segment holds beside its length. */
export const SEGMENT_BYTES = 65_533

/** A segment with its marker and length. */
export function jpegSegment(marker: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts)
  const head = Uint8Array.of(0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255)
  return Buffer.concat([head, content])
}

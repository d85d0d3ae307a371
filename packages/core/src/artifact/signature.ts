/** What the first bytes of a file say. */
export interface Signature {
  readonly mediaType: string
  readonly kind: string
  matches(head: Uint8Array): boolean
}

const latin1 = new TextDecoder('latin1')

/** Bytes as characters of Latin-1, one each. */
export const ascii = (head: Uint8Array, from: number, to: number): string => latin1.decode(head.subarray(from, to))

/** The file begins with these bytes. */
export const starts =
  (...bytes: number[]) =>
  (head: Uint8Array): boolean =>
    bytes.every((byte, index) => head[index] === byte)

/** At this place stands one of these, in Latin-1. */
export const says =
  (at: number, ...words: string[]) =>
  (head: Uint8Array): boolean =>
    words.some((word) => ascii(head, at, at + word.length) === word)

/** ISO base media brand, major or compatible. */
export const brand =
  (...brands: string[]) =>
  (head: Uint8Array): boolean => {
    if (ascii(head, 4, 8) !== 'ftyp') return false
    const size = ((head[0] ?? 0) << 24) | ((head[1] ?? 0) << 16) | ((head[2] ?? 0) << 8) | (head[3] ?? 0)
    const listed = ascii(head, 8, Math.min(Math.max(size, 12), 64))
    return brands.some((name) => listed.includes(name))
  }

/** One of these tests holds. */
export const either =
  (...tests: ((head: Uint8Array) => boolean)[]) =>
  (head: Uint8Array): boolean =>
    tests.some((test) => test(head))

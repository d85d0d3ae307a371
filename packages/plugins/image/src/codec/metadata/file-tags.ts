import type { ExifFields } from './exif.ts'

/** The keyword of a PNG's text that a JPEG's comment becomes, and comes from. */
export const COMMENT_KEYWORD = 'Comment'

/** What is written into an image file beside its pixels. */
export interface FileTags {
  exif: ExifFields
  xmp: string | undefined
  /** Texts by PNG keyword. */
  texts: Readonly<Record<string, string>>
  /** Dots per inch; null is unknown, and then none is written. */
  density: number | null
}

/** Where each format's tags go; what a format has no place for is named by `carry`. */
export type Tagger = (file: Uint8Array, tags: FileTags) => Uint8Array

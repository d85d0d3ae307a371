import type { ExifFields } from './exif.ts'

/** What is written into an image file beside its pixels. */
export interface FileTags {
  exif: ExifFields
  xmp: string | undefined
  /** Texts by PNG keyword. */
  texts: Readonly<Record<string, string>>
  /** Dots per inch; null is unknown, and then none is written. */
  density: number | null
}

/** Where each format's tags go; what a format has no place for is told by `droppedBy`. */
export type Tagger = (file: Uint8Array, tags: FileTags) => Uint8Array

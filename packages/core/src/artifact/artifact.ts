import type { Json } from '../errors/error.ts'
import type { Descriptor, Digest } from './digest.ts'
import type { Matrix } from './matrix.ts'
import type { PageId } from './page-id.ts'

/** Kept EXIF fields, XMP and ICC of the original: they travel beside the pixels; only an operation with `traits.properties` sees them. */
export type Properties = Readonly<Record<string, Json>>

/** How large a page is where it comes from: pixels of an image's stored grid, before EXIF turns it; points of a PDF page's unrotated CropBox. */
export interface OriginalSize {
  readonly width: number
  readonly height: number
  readonly unit: 'px' | 'pt'
}

/** Where an artifact comes from. Kept by the executor, invisible to `run`, no part of a key. */
export interface Origin {
  /** Digest of the source document. */
  readonly source: Digest
  readonly page: PageId
  /** From this artifact to the untouched original; null where no such map exists. */
  readonly matrix: Matrix | null
  /** Of the page that the matrix leads to; null where there is no such map, or the file was not opened yet. */
  readonly size: OriginalSize | null
  readonly properties: Properties
}

/** An immutable value between steps. `meta` is part of its identity. */
export interface Artifact<KindName extends string = string> {
  readonly kind: KindName
  readonly meta: Json
  /** Undefined while pixels exist in memory only. */
  readonly descriptor: Descriptor | undefined
  readonly origin: Origin
  bytes(signal?: AbortSignal): Promise<Uint8Array>
  stream(): ReadableStream<Uint8Array>
}

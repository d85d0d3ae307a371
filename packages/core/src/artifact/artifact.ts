import type { Json } from '../errors/error.ts'
import type { Descriptor, Digest } from './digest.ts'
import type { Matrix } from './matrix.ts'
import type { PageId } from './page-id.ts'

/** Kept EXIF fields, XMP and ICC of the original: they travel beside the pixels; only an operation with `traits.properties` sees them. */
export type Properties = Readonly<Record<string, Json>>

/** Where an artifact comes from. Kept by the executor, invisible to `run`, no part of a key. */
export interface Origin {
  /** Digest of the source document. */
  readonly source: Digest
  readonly page: PageId
  /** From this artifact to the untouched original; null where no such map exists. */
  readonly matrix: Matrix | null
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

import type { Descriptor } from '@imagedoc/core'
import type { DataStore } from '@tus/server'
import type { Id } from '../records/id.ts'

/** Where the bytes of an upload are until it is checked and a blob; ids come from the table, never from a request. */
export interface UploadStore {
  /** What the upload protocol writes into. */
  readonly data: DataStore
  /** The file from its beginning, once all of it has arrived. @throws INPUT_MISSING; STORE_FAILED */
  open(id: Id): Promise<ReadableStream<Uint8Array>>
  /** Makes a checked file an owned blob. @throws INPUT_MISSING; DIGEST_MISMATCH when it was changed since; STORE_FAILED */
  keep(id: Id, original: Descriptor): Promise<void>
  /** Removes all that an upload has left. What is not there is no error. @throws STORE_FAILED */
  delete(id: Id): Promise<void>
  /** Every upload that has left something. @throws STORE_FAILED */
  ids(): Promise<readonly Id[]>
}

import { type BlobStore, type Digest, isImageDocError, throwIfAborted } from '@imagedoc/core'
import type { NamedBlob } from './named-blobs.ts'
import { createSlots } from './slots.ts'

/** Of each a few megabytes are in memory. */
const AT_A_TIME = 6

/** Whether the blob is where it was to be copied to, or why not. */
export type CopiedBlob = 'there' | 'missing' | 'damaged'

/** What copying has come to so far; each blob counts once. */
export interface BlobCount {
  readonly copied: number
  readonly there: number
  /** Of those that were copied. */
  readonly bytes: number
}

export interface BlobCopier {
  /** Copies a blob unless it is there. Every byte is checked against the digest. @throws STORE_FAILED, CANCELLED */
  copy(blob: NamedBlob): Promise<CopiedBlob>
  /** Those that are there now. */
  readonly done: ReadonlySet<Digest>
  count(): BlobCount
}

export interface BlobCopierOptions {
  readonly from: BlobStore
  readonly to: BlobStore
  readonly isThere: (digest: Digest) => Promise<boolean>
  readonly signal: AbortSignal
}

export function createBlobCopier({ from, to, isThere, signal }: BlobCopierOptions): BlobCopier {
  const inSlot = createSlots(AT_A_TIME)
  const done = new Set<Digest>()
  // Thousands of pages may name the same blank one at the same time.
  const underWay = new Map<Digest, Promise<CopiedBlob>>()
  /** Of a place that cannot be used: what still waits would fail in the same way. */
  let failure: unknown
  let copied = 0
  let bytes = 0
  const copyOne = async ({ digest, mediaType }: NamedBlob): Promise<CopiedBlob> => {
    throwIfAborted(signal)
    if (failure !== undefined) throw failure
    try {
      if (!(await isThere(digest))) {
        const { size } = await to.put('objects', await from.open(digest, { pieces: true, signal }), { mediaType, expect: digest })
        copied++
        bytes += size
      }
      done.add(digest)
      return 'there'
    } catch (error) {
      throwIfAborted(signal)
      if (isImageDocError(error) && error.code === 'NOT_FOUND') return 'missing'
      if (isImageDocError(error) && error.code === 'DIGEST_MISMATCH') return 'damaged'
      failure = error
      throw error
    }
  }
  return {
    done,
    count: () => ({ copied, there: done.size - copied, bytes }),
    async copy(blob) {
      const { digest } = blob
      if (done.has(digest)) return 'there'
      const copying = underWay.get(digest) ?? inSlot(() => copyOne(blob)).finally(() => underWay.delete(digest))
      underWay.set(digest, copying)
      return copying
    },
  }
}

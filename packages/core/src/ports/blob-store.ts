import type { Descriptor, Digest } from '../artifact/digest.ts'

/** `cache` expires; `objects` is owned and kept until it is deleted. */
export type BlobNamespace = 'cache' | 'objects'

/** Where bytes live, by their digest. Every method throws INVALID_CONFIG for a malformed digest. */
export interface BlobStore extends AsyncDisposable {
  /**
   * Idempotent by content; refreshes the age of what is there already, on every driver. A reader never sees half a blob. The bytes must not change
   * until it resolves.
   * @throws DIGEST_MISMATCH when `expect` is given and the content has another digest (nothing is kept); STORE_FULL; STORE_FAILED
   */
  put(
    namespace: BlobNamespace,
    content: Uint8Array | ReadableStream<Uint8Array>,
    options: { mediaType: string; expect?: Digest },
  ): Promise<Descriptor>
  /**
   * `start` and `end` (exclusive) in bytes; what lies behind the last byte is left out. A whole read is checked against the digest. The stream owns
   * what it reads from: read it to its end or cancel it. `pieces`: for a reader who may be slow, what is in memory at a time is bounded (1 MiB or so)
   * however large the blob is; of one that turns out to be damaged the reader never gets the last bytes.
   * @throws NOT_FOUND; USAGE for a range that is none; DIGEST_MISMATCH (from the stream, or at once) when the stored bytes are damaged: they are dropped
   * from `cache`, and stay in `objects` until they are put again; CANCELLED (also from the stream); STORE_FAILED
   */
  open(
    digest: Digest,
    options?: { start?: number; end?: number; pieces?: boolean; signal?: AbortSignal },
  ): Promise<ReadableStream<Uint8Array>>
  stat(digest: Digest): Promise<{ size: number; namespaces: BlobNamespace[]; refreshedAt: Date } | undefined>
  /** Makes a cached blob an owned one; it stays cached, too, until the cache drops it. Refreshes its age. @throws NOT_FOUND */
  promote(digest: Digest): Promise<void>
  /** Deleting what is not there is no error. */
  delete(namespace: BlobNamespace, digest: Digest): Promise<void>
  /** In order of digest; `after` resumes behind one. Not promised: a snapshot, when others write meanwhile. */
  list(namespace: BlobNamespace, options: { olderThan: Date; after?: Digest }): AsyncIterable<Digest>
}

import type { Descriptor, Digest } from '../artifact/digest.ts'

/** `cache` expires; `objects` is owned and kept until it is deleted. */
export type BlobNamespace = 'cache' | 'objects'

/** Where bytes live, by their digest. */
export interface BlobStore extends AsyncDisposable {
  /**
   * Idempotent by content; refreshes the age of what is there already, on every driver. A reader never sees half a blob.
   * @throws DIGEST_MISMATCH when `expect` is given and the content has another digest (nothing is kept); STORE_FAILED
   */
  put(
    namespace: BlobNamespace,
    content: Uint8Array | ReadableStream<Uint8Array>,
    options: { mediaType: string; expect?: Digest },
  ): Promise<Descriptor>
  /**
   * `start` and `end` (exclusive) in bytes. A whole read is checked against the digest.
   * @throws NOT_FOUND; DIGEST_MISMATCH (from the stream) when the stored bytes are damaged; STORE_FAILED
   */
  open(digest: Digest, options?: { start?: number; end?: number; signal?: AbortSignal }): Promise<ReadableStream<Uint8Array>>
  stat(digest: Digest): Promise<{ size: number; namespaces: BlobNamespace[]; refreshedAt: Date } | undefined>
  /** Makes a cached blob an owned one. @throws NOT_FOUND */
  promote(digest: Digest): Promise<void>
  /** Deleting what is not there is no error. */
  delete(namespace: BlobNamespace, digest: Digest): Promise<void>
  /** In order of digest; `after` resumes behind one. Not promised: a snapshot, when others write meanwhile. */
  list(namespace: BlobNamespace, options: { olderThan: Date; after?: Digest }): AsyncIterable<Digest>
}

import { type BlobStore, type Digest, ImageDocError, isImageDocError } from '@imagedoc/core'

/**
 * Opens bytes that a document names. That they are not there is a fault of the server's, which belongs in its log, and no NOT_FOUND.
 * @throws STORE_FAILED; DIGEST_MISMATCH, CANCELLED as `BlobStore.open`
 */
export async function openStored(
  blobs: BlobStore,
  digest: Digest,
  options: Parameters<BlobStore['open']>[1],
): ReturnType<BlobStore['open']> {
  try {
    return await blobs.open(digest, options)
  } catch (error) {
    if (!isImageDocError(error) || error.code !== 'NOT_FOUND') throw error
    const message = 'The stored bytes of this document are missing. Whoever runs the server must restore them from a backup.'
    throw new ImageDocError('STORE_FAILED', message, { cause: error, retryable: false })
  }
}

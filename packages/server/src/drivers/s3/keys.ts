import { type BlobNamespace, type Digest, ImageDocError, isDigest } from '@imagedoc/core'

/** Longer than any prefix: `sha256:`. */
const SCHEME = 'sha256:'

/**
 * `cache/ab/abcdef…`: no blob's key is the beginning of another's, which a server on a file system could not hold. The two digits spread a bucket
 * over folders and over AWS's partitions.
 */
export function blobPath(namespace: BlobNamespace, digest: Digest): string {
  const hex = checked(digest).slice(SCHEME.length)
  return `${namespace}/${hex.slice(0, 2)}/${hex}`
}

/** Undefined for a key that is no blob's. */
export function digestOfKey(key: string): Digest | undefined {
  const digest = `${SCHEME}${key.slice(key.lastIndexOf('/') + 1)}`
  return isDigest(digest) ? digest : undefined
}

/** Where a stream is written whose digest is known at its end only. */
export function stagingPath(name: string): string {
  return `staging/${name}`
}

/** A digest becomes a key: nothing else may. @throws INVALID_CONFIG */
export function checked(digest: Digest): Digest {
  if (isDigest(digest)) return digest
  throw new ImageDocError('INVALID_CONFIG', `"${String(digest).slice(0, 80)}" is not a digest; write sha256: and 64 hex digits.`)
}

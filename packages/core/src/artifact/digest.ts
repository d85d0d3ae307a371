import { createHash, hash } from 'node:crypto'
import { ImageDocError } from '../errors/error.ts'

/** The sha256 of some bytes, written `sha256:<64 hex digits>`. */
export type Digest = `sha256:${string}`

/** What some bytes are: media type, digest, size in bytes (the OCI word). */
export interface Descriptor {
  mediaType: string
  /** Of the bytes as they are read back; for pixels, of the tightly packed rows. Compression inside a store is never part of it. */
  digest: Digest
  size: number
}

const pattern = /^sha256:[0-9a-f]{64}$/

/** The digest of bytes or of a text's UTF-8. */
export function digestOf(content: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', content, 'hex')}`
}

/** A digest that takes its bytes piece by piece. */
export function createDigester(): { update(chunk: Uint8Array): void; digest(): Digest } {
  const sha = createHash('sha256')
  return { update: (chunk) => void sha.update(chunk), digest: () => `sha256:${sha.digest('hex')}` }
}

/** True for a well-formed digest. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && pattern.test(value)
}

/** @throws INVALID_CONFIG when `value` is not a digest. */
export function assertDigest(value: string): asserts value is Digest {
  if (!isDigest(value))
    throw new ImageDocError('INVALID_CONFIG', `"${value.slice(0, 80)}" is not a digest; write sha256: and 64 hex digits.`)
}

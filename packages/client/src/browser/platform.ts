import type { Digest } from '@imagedoc/core'
import { ImageDocError } from '@imagedoc/core/errors'
import type { Platform } from '../platform.ts'

/** What is read into memory to take its digest, because a browser's `crypto` takes a file in one piece only. */
const DIGEST_BYTES = 64 * 2 ** 20

/** Blobs, files and streams; there are no paths. */
export const browserPlatform: Platform = {
  async open(source, { size }) {
    if (typeof source === 'string')
      throw new ImageDocError('USAGE', 'A browser reads no file by its path: give the File of an <input> or of a drop.')
    if (source instanceof Blob) {
      if (source.size === 0) throw new ImageDocError('EMPTY_INPUT', 'The file has no bytes.')
      const digest = await blobDigest(source)
      const name = 'name' in source ? String(source.name) : undefined
      return { input: source, size: source.size, name, digest: () => digest, close: async () => {} }
    }
    if (size === undefined) throw new ImageDocError('USAGE', 'Say how many bytes the stream has: upload(stream, { size }).')
    const reader = source.getReader()
    return { input: reader, size, name: undefined, digest: () => undefined, close: () => reader.cancel() }
  },
  async saveTo() {
    throw new ImageDocError('UNSUPPORTED_BY_DRIVER', 'A browser saves no file by its path: use download().')
  },
}

/** Undefined where it cannot be taken: a large file, or a page that was not loaded over https. */
async function blobDigest(blob: Blob): Promise<Digest | undefined> {
  const { subtle } = globalThis.crypto as Partial<typeof globalThis.crypto>
  if (!subtle || blob.size > DIGEST_BYTES) return undefined
  const bytes = new Uint8Array(await subtle.digest('SHA-256', await blob.arrayBuffer()))
  return `sha256:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

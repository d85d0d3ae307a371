import { ImageDocError } from '@imagedoc/core/errors'
import type { OpenSource, Platform } from '../platform.ts'
import { pathSlices } from './path-slices.ts'
import { saveTo } from './save-to.ts'
import { blobSlices, type Slices, streamSlices } from './slices.ts'

/** Paths, blobs and streams, each with its digest. */
export const nodePlatform: Platform = {
  async open(source, { size, signal }) {
    if (typeof source === 'string') return opened(await pathSlices(source, signal))
    if (source instanceof Blob) return opened(await blobSlices(source, signal))
    if (size === undefined) throw new ImageDocError('USAGE', 'Say how many bytes the stream has: upload(stream, { size }).')
    return opened(streamSlices(source, size))
  },
  saveTo,
}

function opened({ size, name, read, digest, close }: Slices): OpenSource {
  const slice = async (start: number, end: number) => {
    const value = await read(start, end)
    // tus-js-client reads the length of a request from `size`.
    return { value: Object.assign(value, { size: value.length }), done: end >= size }
  }
  return {
    input: new Blob([]),
    pieces: { openFile: async () => ({ size, slice, close: () => {} }) },
    size,
    name,
    digest,
    close,
  }
}

import { createHash } from 'node:crypto'
import type { Digest } from '@imagedoc/core'
import { abortError, ImageDocError } from '@imagedoc/core/errors'

/** Bytes that can be read piece by piece, the last piece also again, because it may get lost on its way. */
export interface Slices {
  readonly size: number
  readonly name: string | undefined
  read(start: number, end: number): Promise<Buffer>
  digest(): Digest | undefined
  close(): Promise<void>
}

export async function blobSlices(blob: Blob, signal: AbortSignal | undefined): Promise<Slices> {
  refuseEmpty(blob.size)
  const digest = await digestOf(blob.stream(), signal)
  return {
    size: blob.size,
    name: 'name' in blob ? String(blob.name) : undefined,
    read: async (start, end) => Buffer.from(await blob.slice(start, end).arrayBuffer()),
    digest: () => digest,
    close: async () => {},
  }
}

/** Keeps the piece that was read last; the digest is known when the last one was read. */
export function streamSlices(stream: ReadableStream<Uint8Array>, size: number): Slices {
  refuseEmpty(size)
  const reader = stream.getReader()
  const hash = createHash('sha256')
  let kept: Uint8Array = new Uint8Array()
  let keptFrom = 0
  let digest: Digest | undefined
  const next = async (arrived: number): Promise<Uint8Array> => {
    const { done, value } = await reader.read()
    if (done || arrived + value.length > size) throw wrongSize(size, done ? arrived : arrived + value.length)
    hash.update(value)
    if (arrived + value.length === size) digest = `sha256:${hash.digest('hex')}`
    return value
  }
  return {
    size,
    name: undefined,
    async read(start, end) {
      if (start < keptFrom) throw new ImageDocError('INPUT_MISSING', 'The upload has to begin anew, and a stream cannot: send it again.')
      const parts = [kept]
      let arrived = keptFrom + kept.length
      while (arrived < end) {
        const part = await next(arrived)
        arrived += part.length
        parts.push(part)
        // What the server has already is only counted.
        if (arrived <= start) parts.length = 0
      }
      const all = Buffer.concat(parts)
      kept = all.subarray(all.length - (arrived - start))
      keptFrom = start
      return Buffer.from(kept.subarray(0, end - start))
    },
    digest: () => digest,
    close: () => reader.cancel(),
  }
}

/** @throws EMPTY_INPUT */
export function refuseEmpty(size: number): void {
  if (size === 0) throw new ImageDocError('EMPTY_INPUT', 'The file has no bytes.')
}

/** @throws CANCELLED when the signal is aborted */
export async function digestOf(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Digest> {
  const hash = createHash('sha256')
  for await (const chunk of bytes) {
    if (signal?.aborted) throw abortError(signal)
    hash.update(chunk)
  }
  return `sha256:${hash.digest('hex')}`
}

function wrongSize(size: number, arrived: number): ImageDocError {
  return new ImageDocError('INVALID_PARAMETER', `The stream was said to have ${size} bytes, but ${arrived} came.`, { path: 'size' })
}

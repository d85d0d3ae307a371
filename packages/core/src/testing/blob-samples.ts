import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { digestOf } from '../artifact/digest.ts'

/** Bytes that are as good as random, and always the same. */
export function sample(size: number, seed = ''): Uint8Array {
  const block = createHash('sha512').update(`sample ${seed}`).digest()
  return new Uint8Array(Buffer.alloc(size, size > 64 ? Buffer.concat([block, createHash('sha384').update(block).digest()]) : block))
}

/** These pieces as a stream. */
export function streamOf(pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces) as ReadableStream<Uint8Array>
}

/** Pieces of a mebibyte, each another; `seen` is told of every one. */
export function generated(mebibytes: number, seen: (piece: Uint8Array) => void): ReadableStream<Uint8Array> {
  const block = randomBytes(1024 * 1024)
  let made = 0
  return new ReadableStream({
    pull(controller) {
      if (made === mebibytes) return controller.close()
      const piece = new Uint8Array(block)
      piece[0] = made++
      seen(piece)
      controller.enqueue(piece)
    },
  })
}

/** `toEqual` takes a second for a megabyte. */
export function expectSame(actual: Uint8Array, wanted: Uint8Array): void {
  expect({ size: actual.length, digest: digestOf(actual) }).toEqual({ size: wanted.length, digest: digestOf(wanted) })
}

/** All bytes of a stream. */
export async function collected(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const pieces = []
  for await (const piece of stream) pieces.push(piece)
  return new Uint8Array(Buffer.concat(pieces))
}

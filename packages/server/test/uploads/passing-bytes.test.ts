import { expect, it } from 'vitest'
import { passingBytes } from '../../src/uploads/passing-bytes.ts'

const MIB = 1024 ** 2
const PIECE_BYTES = 64 * 1024

/** As Node reads a socket: new memory each time. */
function* fresh(count: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let index = 0; index < count; index++) yield new Uint8Array(PIECE_BYTES).fill(index)
}

it('bytes pass as they are, and what is behind them does not gather', async () => {
  const before = process.memoryUsage().arrayBuffers
  const count = (256 * MIB) / PIECE_BYTES
  let index = 0
  let peak = 0
  for await (const piece of ReadableStream.from(fresh(count)).pipeThrough(passingBytes())) {
    if (piece.length !== PIECE_BYTES || piece.at(-1) !== index % 256) expect.fail(`piece ${index} is another`)
    peak = Math.max(peak, process.memoryUsage().arrayBuffers)
    index++
  }
  expect(index).toBe(count)
  // V8 would look when it is 64 MB.
  expect(peak - before).toBeLessThan(32 * MIB)
})

it('leaves nothing in the process that an application did not ask for', async () => {
  const had = globalThis.gc
  await Array.fromAsync(ReadableStream.from(fresh((16 * MIB) / PIECE_BYTES)).pipeThrough(passingBytes()), ({ length }) => length)
  expect(globalThis.gc).toBe(had)
  const { runInNewContext } = await import('node:vm')
  expect(runInNewContext('typeof gc')).toBe(had ? 'function' : 'undefined')
})

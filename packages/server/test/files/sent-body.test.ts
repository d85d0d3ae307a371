import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Sending, sentBody } from '../../src/files/sent-body.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const PIECE = 64 * 1024

/** Pieces without an end, counted as they are read. */
function endless(): { source: ReadableStream<Uint8Array>; read: () => number; cancelled: () => boolean } {
  let read = 0
  let cancelled = false
  const source = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => controller.enqueue(new Uint8Array(PIECE).fill(read++)),
      cancel: () => {
        cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { source, read: () => read, cancelled: () => cancelled }
}

function sending(given: Partial<Sending> = {}) {
  const left = vi.fn()
  return { left, sending: { signals: [], check: async () => {}, place: { [Symbol.dispose]: left }, ...given } satisfies Sending }
}

it('gives all bytes in small pieces, and leaves its place once', async () => {
  const bytes = new Uint8Array(3 * PIECE + 5).map((_, index) => index % 251)
  const { left, sending: how } = sending()
  const pieces = await Array.fromAsync(await sentBody(bytes, how))
  expect(pieces.map(({ length }) => length)).toEqual([PIECE, PIECE, PIECE, 5])
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
  expect(left).toHaveBeenCalledTimes(1)
})

it('reads no further than the reader does', async () => {
  const { source, read } = endless()
  const reader = (await sentBody(source, sending().sending)).getReader()
  await reader.read()
  await reader.read()
  await vi.advanceTimersByTimeAsync(1000)
  expect(read()).toBe(2)
})

it('lets go of a reader that takes nothing for 30 s, also one who takes nothing at all', async () => {
  for (const taken of [0, 3]) {
    const { source, cancelled } = endless()
    const { left, sending: how } = sending()
    const reader = (await sentBody(source, how)).getReader()
    for (let piece = 0; piece < taken; piece++) {
      await vi.advanceTimersByTimeAsync(29_000)
      await reader.read()
    }
    await vi.advanceTimersByTimeAsync(29_000)
    expect(left).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1000)
    expect(left).toHaveBeenCalledTimes(1)
    await expect(reader.read()).rejects.toThrow('takes nothing')
    expect(cancelled()).toBe(true)
  }
})

it('ends with the token, and when the reader may not see it any more', async () => {
  const token = new AbortController()
  const ended = sending({ signals: [token.signal] })
  const first = (await sentBody(endless().source, ended.sending)).getReader()
  await first.read()
  token.abort()
  await expect(first.read()).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(ended.left).toHaveBeenCalledTimes(1)

  const check = vi.fn(() => Promise.reject(new Error('removed')))
  const removed = sending({ check })
  const second = (await sentBody(endless().source, removed.sending)).getReader()
  await second.read()
  await vi.advanceTimersByTimeAsync(9000)
  await second.read()
  expect(check).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2000)
  await expect(second.read()).rejects.toThrow('removed')
  expect(removed.left).toHaveBeenCalledTimes(1)
})

it('leaves its place when the reader has gone before the source gave anything', async () => {
  const silent = new ReadableStream<Uint8Array>({}, { highWaterMark: 0 })
  const gone = new AbortController()
  const { left, sending: how } = sending({ signals: [gone.signal] })
  const body = sentBody(silent, how)
  gone.abort()
  await expect(body).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(left).toHaveBeenCalledTimes(1)
})

it('fails at once when there is no first piece, and cuts the connection later', async () => {
  const broken = (pieces: number) =>
    new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (pieces-- > 0) controller.enqueue(new Uint8Array(9))
          else controller.error(new Error('damaged'))
        },
      },
      { highWaterMark: 0 },
    )
  const early = sending()
  await expect(sentBody(broken(0), early.sending)).rejects.toThrow('damaged')
  expect(early.left).toHaveBeenCalledTimes(1)

  const cut = vi.fn()
  const failed = vi.fn()
  const late = sending({ cut, failed })
  const reader = (await sentBody(broken(1), late.sending)).getReader()
  await reader.read()
  void reader.read()
  await vi.advanceTimersByTimeAsync(0)
  expect([cut, failed, late.left].map((spy) => spy.mock.calls.length)).toEqual([1, 1, 1])
})

import { expect, it } from 'vitest'
import { markFresh, markSent, releaseBytes } from '../../src/artifact/fresh-bytes.ts'

it('gives back the memory of an input that was sent to its operation, and of nothing that somebody else may have', () => {
  const input = markSent(new Uint8Array(10))
  const part = markSent(new Uint8Array(10).subarray(0, 5))
  const others = [part, new Uint8Array(10), markFresh(new Uint8Array(10))]
  for (const bytes of [input, ...others]) releaseBytes(bytes)
  expect([input, ...others].map((bytes) => bytes.byteLength)).toEqual([0, 5, 10, 10])
})

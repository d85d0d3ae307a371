import { expect, it } from 'vitest'
import { giveBack } from '../../src/runner/give-back.ts'

const pixels = (bytes: number) => ({ data: new Uint8Array(bytes) })
const MB = 1024 ** 2

it('gives back what a step had to itself, and what the result does not stand on', () => {
  const used = pixels(2 * MB)
  giveBack([used], pixels(2 * MB))
  expect(used.data.byteLength).toBe(0)
})

it('keeps what the result is, or is a part of', () => {
  const handedOn = pixels(2 * MB)
  giveBack([handedOn], handedOn)
  const cut = pixels(2 * MB)
  giveBack([cut], { data: cut.data.subarray(0, 10) })
  expect([handedOn.data.byteLength, cut.data.byteLength]).toEqual([2 * MB, 2 * MB])
})

it('keeps small buffers, parts of buffers, and everything behind a result that is no single buffer', () => {
  const small = pixels(10)
  const part = { data: new Uint8Array(3 * MB).subarray(0, 2 * MB) }
  const behind = pixels(2 * MB)
  giveBack([small, part], pixels(2 * MB))
  giveBack([behind], { words: [behind.data] })
  expect([small.data.byteLength, part.data.byteLength, behind.data.byteLength]).toEqual([10, 2 * MB, 2 * MB])
})

import { deflateSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isWhole, salvage } from '../../../src/codec/png/inflate.ts'

describe('pixel data in many parts', () => {
  const data = Buffer.alloc(2_000_000, 0)
  for (let at = 0; at < data.length; at++) data[at] = (at * 2654435761) >>> 13
  const packed = deflateSync(data, { level: 0 })
  const parts = Array.from({ length: Math.ceil(packed.length / 65_536) }, (_, at) => packed.subarray(at * 65_536, (at + 1) * 65_536))

  afterEach(() => void vi.restoreAllMocks())

  it.each([
    ['surveyed', async () => expect(await isWhole(parts, data.length)).toBe(true)],
    ['salvaged', async () => expect(Buffer.compare(await salvage(parts, data.length), data)).toBe(0)],
  ])('are %s without a warning of Node about leaking listeners', async (_, inflate) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    await inflate()
    expect(warn).not.toHaveBeenCalled()
  })
})

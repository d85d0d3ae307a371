import { describe, expect, it } from 'vitest'
import { type Drawing, difference } from '../src/pdfs/compare.ts'
import { judge, sideBySide } from '../src/pdfs/judge.ts'
import type { Reading } from '../src/pdfs/readers.ts'

const EDGE = 60
/** White with a black box; `grey` is what the box is filled with. */
const drawing = (box: readonly [number, number, number, number], grey = 0): Drawing => {
  const data = new Uint8Array(EDGE * EDGE * 3).fill(255)
  for (let y = box[1]; y < box[3]; y++) data.fill(grey, (y * EDGE + box[0]) * 3, (y * EDGE + box[2]) * 3)
  return { width: EDGE, height: EDGE, data }
}
const read = (...pages: Drawing[]): Reading => ({ pages, said: [] })

describe('the difference of two drawings', () => {
  it('is none for what lies a pixel or two aside, or is smoothed', () => {
    expect(difference(drawing([10, 10, 30, 30]), drawing([11, 11, 31, 31]))).toBe(0)
    expect(difference(drawing([10, 10, 30, 30]), drawing([10, 10, 30, 30], 40))).toBe(0)
  })

  it('is what one of them lacks, also a thin line', () => {
    expect(difference(drawing([0, 0, 0, 0]), drawing([10, 30, 50, 31]))).toBeCloseTo(40 / EDGE ** 2)
    expect(difference(drawing([10, 10, 30, 30], 120), drawing([10, 10, 30, 30]))).toBeGreaterThan(0.05)
  })

  it('is asked for drawings of one size only', () => {
    expect(() => difference(drawing([0, 0, 1, 1]), { width: 1, height: 1, data: new Uint8Array(3) })).toThrow(RangeError)
  })
})

describe('the verdict on a page', () => {
  const [plain, other, third] = [drawing([5, 5, 20, 20]), drawing([5, 30, 20, 50]), drawing([30, 5, 50, 20])]
  it.each([
    ['same', [read(plain), read(plain), read(other)]],
    ['same', [read(plain), read(), read(plain)]],
    ['differs', [read(plain), read(other), read(other)]],
    ['readers-differ', [read(plain), read(other), read(third)]],
    ['missing', [read(), read(plain), read(plain)]],
    ['more', [read(plain), read(), read()]],
    ['refused', [{ ...read(), refused: 'damaged' }, read(), read(plain)]],
  ] as const)('is "%s"', async (verdict, readings) => {
    expect(await judge('file.pdf', readings)).toMatchObject([{ page: 1, verdict }])
  })

  it('comes with the three beside each other', async () => {
    expect(Buffer.from(await sideBySide([plain, undefined, other])).toString('latin1', 1, 4)).toBe('PNG')
  })
})

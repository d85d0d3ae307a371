import { describe, expect, it } from 'vitest'
import { reducedSize } from '../../src/preview/reduced-size.ts'

const page = { width: 3000, height: 4000 }
const none = { width: [], height: [] }

describe('the size of the page for a preview', () => {
  it('has as many pixels, or the width, that were asked for, and never more than the page', () => {
    expect(reducedSize(page, {}, none)).toEqual({ width: 866, height: 1155 })
    expect(reducedSize(page, { max_pixels: 120_000 }, none)).toEqual({ width: 300, height: 400 })
    expect(reducedSize(page, { width: 600 }, none)).toEqual({ width: 600, height: 800 })
    expect(reducedSize({ width: 30, height: 40 }, {}, { width: [7], height: [] })).toEqual({ width: 30, height: 40 })
    expect(reducedSize({ width: 60_000, height: 1 }, {}, none)).toEqual({ width: 60_000, height: 1 })
  })

  it('is one on which lengths come out whole where there is one a little smaller, of nearly the same shape', () => {
    const { width, height } = reducedSize(page, {}, { width: [150, 2700], height: ['5%', 3600] })
    for (const length of [150, 2700]) expect((length * width) / page.width).toBeCloseTo(Math.round((length * width) / page.width), 6)
    for (const length of [200, 3600]) expect((length * height) / page.height).toBeCloseTo(Math.round((length * height) / page.height), 6)
    expect(width).toBeGreaterThanOrEqual(866 * 0.85)
    expect(Math.abs(width / page.width / (height / page.height) - 1)).toBeLessThanOrEqual(0.0061)
  })

  it('is the full one where they are whole already', () => {
    expect(reducedSize(page, { width: 600 }, { width: [500], height: ['10%'] })).toEqual({ width: 600, height: 800 })
  })
})

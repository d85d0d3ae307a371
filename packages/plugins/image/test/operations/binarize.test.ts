import type { Pixels } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { binarize } from '../../src/operations/binarize.ts'
import { call } from '../call.ts'
import { at, paint, random, writtenPage } from '../pages.ts'

const ink = (pixels: Pixels): number => pixels.data.reduce((count, value) => count + (value === 0 ? 1 : 0), 0)
const clean = writtenPage({ width: 620, height: 700, paper: 240, ink: 30 })
const truth = clean.data.map((value) => (value > 135 ? 255 : 0))
/** The share of pixels that are not as on the clean page. */
const wrong = ({ data }: Pixels): number => data.reduce((count, value, i) => count + (value === truth[i] ? 0 : 1), 0) / data.length
/** The same page under a shadow that takes up to 70 % of the light. */
const shaded = paint(620, 700, (x, y) => at(clean, x, y) * (1 - 0.7 * (x / 620) * (y / 700)))

describe('image.binarize', () => {
  it('gives one channel of black and white only', async () => {
    const { output } = await call(
      binarize,
      paint(60, 40, (x, y) => [x * 4, y * 6, 128]),
    )
    expect(output.channels).toBe(1)
    expect([...new Set(output.data)].every((value) => value === 0 || value === 255)).toBe(true)
  })
  it.each(['otsu', 'sauvola'])('%s finds the ink of an even page', async (method) => {
    expect(wrong((await call(binarize, clean, { method })).output)).toBeLessThan(0.01)
  })
  it('needs a local method, or an even background, under a shadow', async () => {
    const plain = wrong((await call(binarize, shaded, { method: 'otsu', background: 'keep' })).output)
    expect(plain).toBeGreaterThan(0.1)
    expect(wrong((await call(binarize, shaded, { method: 'otsu' })).output)).toBeLessThan(0.02)
    expect(wrong((await call(binarize, shaded, { method: 'sauvola', background: 'keep' })).output)).toBeLessThan(0.02)
  })
  it('keeps less with a larger k', async () => {
    const faint = writtenPage({ width: 620, height: 400, paper: 220, ink: 170, noise: 30 })
    const [low, high] = [await call(binarize, faint, { k: 0.05 }), await call(binarize, faint, { k: 0.5 })]
    expect(ink(high.output)).toBeLessThan(ink(low.output))
  })
  it('fills a large black area only when the window reaches beyond it', async () => {
    const block = paint(200, 200, (x, y) => (x > 60 && x < 140 && y > 60 && y < 140 ? 20 : 230))
    const [small, large] = [
      await call(binarize, block, { window: 15, background: 'keep' }),
      await call(binarize, block, { window: 199, background: 'keep' }),
    ]
    expect(at(large.output, 100, 100)).toBe(0)
    expect(ink(small.output)).toBeLessThan(ink(large.output) * 1.01)
  })
  it('removes specks up to a size and keeps what is larger', async () => {
    const specks = paint(100, 40, (x, y) => ((x === 20 || x === 21) && y === 20 ? 0 : x >= 60 && x < 64 && y >= 20 && y < 24 ? 0 : 255))
    const count = async (despeckle: number): Promise<number> =>
      ink((await call(binarize, specks, { method: 'otsu', background: 'keep', despeckle })).output)
    expect([await count(0), await count(2), await count(16)]).toEqual([18, 16, 0])
  })
  it('removes rules and keeps the writing that crosses or stands between them', async () => {
    const ruled = paint(600, 400, (x, y) => {
      const rule = (y >= 100 && y < 103) || (y >= 300 && y < 303) || (x >= 50 && x < 53) || (x >= 500 && x < 503)
      const letter = x >= 200 && x < 206 && y >= 180 && y < 220
      const descender = x >= 300 && x < 306 && y >= 80 && y < 120
      return rule || letter || descender ? 20 : 240
    })
    const kept = (await call(binarize, ruled, { method: 'otsu', background: 'keep' })).output
    const removed = (await call(binarize, ruled, { method: 'otsu', background: 'keep', lines: 'remove' })).output
    expect(at(kept, 400, 101)).toBe(0)
    expect([at(removed, 400, 101), at(removed, 51, 200), at(removed, 51, 101)]).toEqual([255, 255, 255])
    expect([at(removed, 203, 200), at(removed, 303, 85), at(removed, 303, 101), at(removed, 303, 115)]).toEqual([0, 0, 0, 0])
  })
  it('removes only upright rules when told so', async () => {
    const ruled = paint(600, 400, (x, y) => ((y >= 100 && y < 103) || (x >= 50 && x < 53) ? 20 : 240))
    const { output } = await call(binarize, ruled, { method: 'otsu', background: 'keep', lines: 'upright' })
    expect([at(output, 400, 101), at(output, 51, 200)]).toEqual([0, 255])
  })
  it('removes the desk around a page, and nothing that stands on the page', async () => {
    const desk = paint(620, 700, (x, y) => (x < 40 + y / 20 || y > 660 ? 30 : at(clean, x, y)))
    const edge = (pixels: Pixels): number => ink({ ...pixels, data: pixels.data.filter((_, i) => i % 620 < 80 || i / 620 > 655) })
    const [kept, removed] = [await call(binarize, desk), await call(binarize, desk, { border: 'remove' })]
    expect(edge(kept.output)).toBeGreaterThan(2000)
    expect(edge(removed.output)).toBeLessThan(20)
    expect(ink(removed.output)).toBeGreaterThan(ink((await call(binarize, clean)).output) * 0.9)
  })
  it('takes the noise of paper for paper', async () => {
    const next = random(4)
    const { output } = await call(
      binarize,
      paint(300, 300, () => 200 + next() * 30),
    )
    expect(ink(output)).toBeLessThan(90)
  })
  it('reads colour as luminance and transparency as paper', async () => {
    const page = paint(90, 90, (x, y) => (x > 40 && x < 46 && y > 40 && y < 46 ? [0, 0, 90, 255] : [0, 0, 0, 0]))
    const { output } = await call(binarize, page, { method: 'otsu' })
    expect([at(output, 10, 10), at(output, 43, 43)]).toEqual([255, 0])
  })
})

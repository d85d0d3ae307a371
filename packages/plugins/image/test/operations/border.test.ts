import type { Diagnostic, Pixels } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { binarize } from '../../src/operations/binarize.ts'
import { callWith } from '../call.ts'
import { at, paint, random, writtenPage } from '../pages.ts'

const page = writtenPage({ width: 620, height: 700, paper: 240, ink: 30 })

async function cleaned(input: Pixels, params = {}): Promise<{ output: Pixels; told: Diagnostic[] }> {
  const told: Diagnostic[] = []
  const { output } = await callWith({ report: (each) => told.push(each) })(binarize, input, { border: 'remove', ...params })
  return { output, told }
}

/** The share of black in a rectangle `[x0, y0, x1, y1]`. */
function black(pixels: Pixels, [x0, y0, x1, y1]: readonly [number, number, number, number]): number {
  let count = 0
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) count += at(pixels, x, y) === 0 ? 1 : 0
  return count / ((x1 - x0) * (y1 - y0))
}

/** Of the dark pixels of a page from a row on, the share that is black. */
function kept(output: Pixels, from: number): number {
  let [all, left] = [0, 0]
  for (let y = from; y < 700; y++) {
    for (let x = 0; x < 620; x++) {
      if (at(page, x, y) > 60) continue
      all++
      if (at(output, x, y) === 0) left++
    }
  }
  return left / all
}

const isTitle = (x: number, y: number): boolean => y >= 40 && y < 90 && x >= 100 && x < 500 && x % 40 < 24
/** The fine structure of a dark photograph. */
const grain = ((next) => Uint8Array.from({ length: 200 * 200 }, () => 10 + next() * 100))(random(8))

describe('border: remove', () => {
  it.each([
    [15, 250],
    [60, 240],
    [100, 235],
  ])('keeps a banner of %d with letters of %d over the whole width, and the letters in it', async (ground, letters) => {
    const banner = paint(620, 700, (x, y) => (y < 130 ? (isTitle(x, y) ? letters : ground) : at(page, x, y)))
    const { output, told } = await cleaned(banner)
    expect(black(output, [0, 0, 620, 36])).toBeGreaterThan(0.99)
    expect(black(output, [122, 45, 142, 85])).toBeLessThan(0.15)
    expect(told.map(({ code }) => code)).toEqual(['BORDER_KEPT'])
    expect(kept(output, 160)).toBeGreaterThan(0.97)
  })
  it('keeps a dark picture that runs over the edge', async () => {
    const picture = paint(620, 700, (x, y) => (y < 130 ? (grain[(y >> 2) * 200 + (x >> 2)] as number) : at(page, x, y)))
    const { output, told } = await cleaned(picture)
    expect(black(output, [0, 0, 620, 120])).toBeGreaterThan(0.6)
    expect(told.map(({ code }) => code)).toEqual(['BORDER_KEPT'])
  })
  it('keeps a dark area in a corner, which no desk is', async () => {
    const corner = paint(620, 700, (x, y) => (x > 300 && y < 250 ? 30 : at(page, x, y)))
    expect(black((await cleaned(corner)).output, [310, 0, 620, 240])).toBe(1)
  })
  it('removes a desk all around, larger than the page, with nothing of the writing', async () => {
    const next = random(2)
    const desk = paint(1300, 1300, (x, y) => (x >= 300 && x < 920 && y >= 250 && y < 950 ? at(page, x - 300, y - 250) : 25 + next() * 12))
    const { output, told } = await cleaned(desk)
    const framed = paint(1300, 1300, (x, y) => (x >= 300 && x < 920 && y >= 250 && y < 950 ? at(output, x, y) : 0))
    expect(black(output, [0, 0, 1300, 240]) + black(output, [0, 0, 290, 1300])).toBeLessThan(0.001)
    expect(
      kept(
        paint(620, 700, (x, y) => at(framed, x + 300, y + 250)),
        0,
      ),
    ).toBeGreaterThan(0.97)
    expect(told).toEqual([])
  })
  it('removes the shadow of a fold', async () => {
    const fold = paint(620, 700, (x, y) => at(page, x, y) * (1 - 0.93 * Math.exp(-((x / 60) ** 2))))
    const { output } = await cleaned(fold)
    expect(black(output, [0, 0, 60, 700])).toBeLessThan(0.01)
    expect(kept(output, 0)).toBeGreaterThan(0.95)
  })
  it('takes no letter that touches the desk', async () => {
    const touching = paint(620, 700, (x, y) => {
      const stem = x >= 40 && x < 70 && y % 90 >= 30 && y % 90 < 36
      const foot = x >= 64 && x < 70 && y % 90 >= 30 && y % 90 < 62
      return x < 40 ? 25 : stem || foot ? 30 : 240
    })
    const { output } = await cleaned(touching)
    expect(black(output, [0, 0, 36, 700])).toBe(0)
    for (let line = 0; line < 7; line++) expect(black(output, [64, line * 90 + 31, 70, line * 90 + 61])).toBeGreaterThan(0.95)
  })
  it('leaves a page of light letters on dark ground as it is, and says so', async () => {
    const negative = { ...page, data: page.data.map((value) => 255 - value) }
    const { output, told } = await cleaned(negative)
    expect(kept({ ...output, data: output.data.map((value) => 255 - value) }, 0)).toBeGreaterThan(0.97)
    expect(black(output, [0, 0, 620, 100])).toBe(1)
    expect(told.map(({ code }) => code)).toEqual(['PAGE_NEGATIVE'])
  })
  it('changes nothing on a page without a border, up to its very edge', async () => {
    const edge = { ...page, width: 620, height: 500, data: page.data.subarray(620 * 160, 620 * 660) }
    const plain = await cleaned(edge, { border: 'keep' })
    expect(Buffer.compare((await cleaned(edge)).output.data, plain.output.data)).toBe(0)
  })
})

describe('image.binarize of a page that is black and white', () => {
  it('gives it back: a title, a banner, a negative', async () => {
    const bilevel = paint(620, 700, (x, y) => {
      if (y < 130) return isTitle(x, y) ? 255 : 0
      if (y > 560 && x > 200 && x < 420) return (x - 310) ** 2 + (y - 620) ** 2 < 2500 ? 0 : 255
      return at(page, x, y) > 135 ? 255 : 0
    })
    for (const input of [bilevel, { ...bilevel, data: bilevel.data.map((value) => 255 - value) }]) {
      for (const params of [{}, { method: 'otsu' }, { background: 'keep' }]) {
        const { output } = await cleaned(input, { border: 'keep', ...params })
        expect(Buffer.compare(output.data, input.data)).toBe(0)
      }
    }
  })
  it.each([1, 3, 4] as const)('takes tiny pages of %d channels', async (channels) => {
    for (const [width, height] of [
      [1, 1],
      [1, 9],
      [7, 1],
      [5, 5],
    ] as const) {
      const input = paint(width, height, (x) => Array.from({ length: channels }, () => (x % 2) * 255))
      for (const params of [{}, { lines: 'remove' }, { method: 'otsu', background: 'keep' }]) {
        const { output } = await cleaned({ ...input, density: null }, params)
        expect([output.width, output.height, output.channels]).toEqual([width, height, 1])
      }
    }
  })
})

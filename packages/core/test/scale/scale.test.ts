import { createRandom, type PageOptions, renderPage } from '@imagedoc/fixtures'
import { describe, expect, it } from 'vitest'
import { createLayout, type Pixels, scaleOf } from '../../src/index.ts'
import { judgeScale } from '../../src/scale/scale.ts'

/** A made page as pixels with the density that its file would claim. */
async function pageOf(options: PageOptions, density: number | null): Promise<Pixels> {
  const { width, height, channels, pixels } = await renderPage(options)
  return { width, height, channels, density, data: pixels }
}

const flipped = (page: Pixels): Pixels => ({ ...page, data: page.data.map((value) => 255 - value) })

function onItsSide({ width, height, channels, data, density }: Pixels): Pixels {
  const out = new Uint8Array(data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (x * height + (height - 1 - y)) * channels
      for (let channel = 0; channel < channels; channel++) out[to + channel] = data[(y * width + x) * channels + channel] as number
    }
  }
  return { width: height, height: width, channels, density, data: out }
}

describe('scaleOf', () => {
  it.each([100, 150, 200, 300])('finds the density of a page of %i dpi from its letters when the file claims none', async (dpi) => {
    for (const degradation of ['clean', 'scan', 'aged'] as const) {
      const scale = scaleOf(await pageOf({ seed: `scale-${dpi}`, dpi, degradation }, null))
      expect(scale?.from).toBe('letters')
      expect(scale?.dpi).toBeGreaterThan(dpi * 0.75)
      expect(scale?.dpi).toBeLessThan(dpi * 1.33)
    }
  })

  it('believes a claim that the letters bear out', async () => {
    expect(scaleOf(await pageOf({ seed: 1, dpi: 200 }, 200))).toEqual({ dpi: 200, from: 'claim' })
    expect(scaleOf(await pageOf({ seed: 2, dpi: 96 }, 96))).toEqual({ dpi: 96, from: 'claim' })
  })

  it.each([1, 25.4, 72, 96, 2400, 65_535, 1e6])('does not believe a claim of %d on a page of 300 dpi, and says so', async (claim) => {
    const { scale, doubt } = judgeScale(await pageOf({ seed: 3, dpi: 300, degradation: 'scan' }, claim))
    expect(scale).toEqual({ dpi: expect.closeTo(300, -2), from: 'letters' })
    expect(doubt).toMatchObject({ code: 'SCALE_DOUBTFUL', severity: 'warning', details: { claim, used: scale?.dpi } })
  })

  it('measures white letters on black ground, and lines that run along the page', async () => {
    const page = await pageOf({ seed: 4, dpi: 150 }, null)
    const upright = scaleOf(page)?.dpi as number
    expect(scaleOf(flipped(page))?.dpi).toBeCloseTo(upright, -2)
    expect(scaleOf(onItsSide(page))?.dpi).toBeCloseTo(upright, -2)
  })

  it('is null for a page without letters and without a claim, and for a claim that nothing on the page could bear out', () => {
    const blank: Pixels = { width: 2480, height: 3508, channels: 1, density: null, data: new Uint8Array(2480 * 3508).fill(250) }
    expect(scaleOf(blank)).toBeNull()
    expect(scaleOf({ ...blank, density: 300 })).toEqual({ dpi: 300, from: 'claim' })
    expect(judgeScale({ ...blank, density: 72 })).toMatchObject({ scale: null, doubt: { details: { claim: 72, used: null } } })
    expect(judgeScale({ ...blank, density: 1e6 })).toMatchObject({ scale: null, doubt: { details: { claim: 1e6, used: null } } })
  })

  it('is null for noise, and for one pixel', () => {
    const random = createRandom(7)
    const data = Uint8Array.from({ length: 1000 * 800 }, () => random.next() * 256)
    expect(scaleOf({ width: 1000, height: 800, channels: 1, density: null, data })).toBeNull()
    expect(scaleOf({ width: 1, height: 1, channels: 1, density: null, data: Uint8Array.of(0) })).toBeNull()
  })

  it('finds the density of a layout from its words', async () => {
    const { truth, width, height } = await renderPage({ seed: 5, dpi: 200 })
    const words = truth.words.map(({ text, box }) => ({ text, box, confidence: 1 }))
    const box = [0, 0, width, height] as const
    const layout = createLayout({ width, height, density: null, blocks: [{ kind: 'paragraph', box, lines: [{ box, words }] }] })
    expect(scaleOf(layout)?.dpi).toBeGreaterThan(150)
    expect(scaleOf(layout)?.dpi).toBeLessThan(266)
    expect(scaleOf({ ...layout, blocks: [...layout.blocks], density: 1000 })?.from).toBe('letters')
    expect(scaleOf({ ...layout, blocks: [] })).toBeNull()
  })

  it('gives what it gave: another value here makes kept results of operations that ask wrong, so bump KEY_FORMAT with it', async () => {
    const pages = await Promise.all([100, 200, 300].map((dpi) => pageOf({ seed: 'golden', dpi, degradation: 'scan' }, null)))
    expect(pages.map((page) => scaleOf(page)?.dpi)).toEqual([105, 209, 314])
  })
})

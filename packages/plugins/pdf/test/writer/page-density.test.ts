import { type Layout, type Sequence, scaleOf, sequenceOf } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { pageDensity } from '../../src/writer/page-density.ts'
import { layoutOf } from '../support/layouts.ts'

const size = { width: 2480, height: 3508 }
/** As large as text of `points` at 300 dpi. */
const textPage = (points: number): Layout => {
  const height = (points * 0.75 * 300) / 72
  const lines = Array.from({ length: 12 }, (_, row) => ({
    words: Array.from({ length: 4 }, (_unused, column) => {
      const [left, top] = [200 + column * 500, 200 + row * 250]
      return [`word${row}`, [left, top, left + 300, top + height]] as const
    }),
  }))
  return { ...layoutOf(size, lines), density: null }
}

async function densityOf(claim: number | null, pages: readonly Layout[], index = 0): Promise<number> {
  const layouts: Sequence<Layout> = sequenceOf(pages.length, (at) => pages[at] as Layout)
  const image = { mediaType: 'image/png', bytes: new Uint8Array(0), density: claim, ...size }
  return pageDensity(layouts, { scale: scaleOf })({ image, layout: pages[index] })
}

describe('pageDensity', () => {
  it('is the claim of the image where the words bear it out', async () => {
    expect(await densityOf(300, [textPage(11)])).toBe(300)
    expect(await densityOf(400, [textPage(11)])).toBe(400)
  })

  it.each([null, 72, 96, 25.4, 1, 2400, 65_535, 1e6])('comes from the words when the image claims %s', async (claim) => {
    const density = await densityOf(claim, [textPage(11)])
    expect(density).toBeGreaterThan(250)
    expect(density).toBeLessThan(350)
  })

  it('gives a title page in large letters, and a page without words, the size of the pages around them', async () => {
    const [title, blank] = [textPage(40), layoutOf(size, [])]
    const pages = [title, textPage(11), textPage(11), { ...blank, density: null }, textPage(11)]
    const densities = await Promise.all(pages.map((_, index) => densityOf(null, pages, index)))
    expect(new Set(densities).size).toBe(1)
  })

  it('follows the reader of the words, who saw the pixels', async () => {
    expect(await densityOf(96, [{ ...textPage(11), density: 290 }])).toBe(290)
    expect(await densityOf(150, [{ ...textPage(11), density: 150 }])).toBe(150)
    expect(await densityOf(null, [{ ...layoutOf(size, []), density: 200 }])).toBe(200)
  })

  it('is 300 where nothing tells', async () => {
    expect(await densityOf(null, [{ ...layoutOf(size, []), density: null }])).toBe(300)
    expect(await densityOf(1e6, [{ ...layoutOf(size, []), density: null }])).toBe(300)
  })
})

import { findComponents, type Pixels } from '@imagedoc/core'
import { type Mask, type PageOptions, renderPage } from '@imagedoc/fixtures'
import { describe, expect, it } from 'vitest'
import { binarize } from '../../src/operations/binarize.ts'
import { call } from '../call.ts'
import { at, paint, random } from '../pages.ts'

/** Degrees of wear that change no pixel: what is small on such a page is a mark of its text. */
const fresh = { from: 'light', noise: 0, skewDegrees: 0 } as const

async function textPage(options: Omit<PageOptions, 'channels'>): Promise<{ page: Pixels; mask: Mask }> {
  const made = await renderPage({ layout: 'one-column', channels: 1, degradation: fresh, ...options })
  const { width, height, dpi, truth } = made
  return { page: { width, height, channels: 1, density: dpi, data: new Uint8Array(made.pixels) }, mask: truth.mask }
}

/** Areas of at most so many pixels of one bilevel page of which nothing is left on another. */
function lost(before: Pixels, after: Pixels, largest: number): { of: number; lost: number } {
  const found = findComponents(before.data, before.width, before.height)
  const left = new Set<number>()
  for (let run = 0; run < found.count; run++) {
    const row = (found.row[run] as number) * before.width
    if (after.data.subarray(row + found.start[run]!, row + found.end[run]!).includes(0)) left.add(found.root[run] as number)
  }
  const small = [...new Set(found.root)].filter((root) => (found.area[root] as number) <= largest)
  return { of: small.length, lost: small.filter((root) => !left.has(root)).length }
}

/** Grains of black where the page is white for some pixels around, so that each is a speck of its own. */
function sprinkled(page: Pixels, { count, size, seed }: { count: number; size: number; seed: number }): Pixels {
  const next = random(seed)
  const data = page.data.slice()
  for (let grain = 0; grain < count; ) {
    const [x, y] = [4 + Math.floor(next() * (page.width - 8)), 4 + Math.floor(next() * (page.height - 8))]
    let dark = false
    for (let dy = -3; dy <= 4; dy++) for (let dx = -3; dx <= 4; dx++) dark ||= at({ ...page, data }, x + dx, y + dy) < 200
    if (dark) continue
    for (let i = 0; i < size; i++) data[(y + (i >> 1)) * page.width + x + (i & 1)] = 10
    grain++
  }
  return { ...page, data }
}

const whole = async (page: Pixels): Promise<Pixels> => (await call(binarize, page, { despeckle: 0 })).output

describe('despeckle', () => {
  it.each([96, 120, 150, 200, 300])(
    'keeps every dot, point and accent at %d dots an inch, whether the file says so or not',
    async (dpi) => {
      const { page } = await textPage({ seed: `dots ${dpi}`, dpi, width: dpi * 6, height: dpi * 5, fontSize: 9 })
      for (const density of [dpi, null]) {
        const input = { ...page, density }
        const small = lost(await whole(input), (await call(binarize, input)).output, 8)
        expect(small.lost).toBe(0)
        if (dpi < 200) expect(small.of).toBeGreaterThan(30)
      }
    },
  )

  it.each([
    [100, 1],
    [150, 1],
    [150, 2],
    [200, 4],
    [300, 4],
  ])('at %d dots an inch, grains of %d pixels on the same page go', async (dpi, size) => {
    const { page } = await textPage({ seed: `grains ${dpi}`, dpi, width: dpi * 6, height: dpi * 5, fontSize: 10 })
    const clean = await whole(page)
    const { output } = await call(binarize, sprinkled(page, { count: 400, size, seed: dpi }))
    const found = findComponents(output.data, output.width, output.height)
    const more = new Set(found.root).size - new Set(findComponents(clean.data, page.width, page.height).root).size
    expect(more).toBeLessThan(20)
    const small = lost(clean, output, 8)
    expect(small.lost).toBeLessThanOrEqual(Math.ceil(small.of * 0.03))
  })

  it('keeps leaders, the points of a colon and rows of dots that begin far from a letter', async () => {
    // Letters of 8 x 10 pixels at 150 dots an inch, dots of 2 x 2.
    const letter = (x: number, y: number): boolean => x >= 20 && x < 120 && x % 12 < 8 && y >= 40 && y < 50 && (x % 12 < 2 || y % 10 < 2)
    const leaders = (x: number, y: number): boolean => x >= 150 && x < 400 && x % 12 < 2 && y >= 48 && y < 50
    const colon = (x: number, y: number): boolean => x >= 119 && x < 121 && ((y >= 42 && y < 44) || (y >= 48 && y < 50))
    const rule = (x: number, y: number): boolean => x >= 100 && x < 300 && x % 9 < 2 && y >= 120 && y < 122
    const grain = (x: number, y: number): boolean => x >= 350 && x < 352 && y >= 90 && y < 92
    const page = paint(420, 160, (x, y) => (letter(x, y) || leaders(x, y) || colon(x, y) || rule(x, y) || grain(x, y) ? 0 : 255))
    const { output } = await call(binarize, { ...page, density: 150 })
    const expected = paint(420, 160, (x, y) => (grain(x, y) ? 255 : at(page, x, y)))
    const different = [...output.data.keys()].filter((i) => output.data[i] !== expected.data[i])
    expect(different).toEqual([])
  })

  it('a number says how large the specks are that go, wherever they are', async () => {
    const { page } = await textPage({ seed: 'dots 150', dpi: 150, width: 900, height: 750, fontSize: 9 })
    const before = await whole(page)
    const small = lost(before, (await call(binarize, page, { despeckle: 4 })).output, 4)
    expect(small.lost).toBe(small.of)
    expect(lost(before, (await call(binarize, page, { despeckle: 0 })).output, 4).lost).toBe(0)
  })
})

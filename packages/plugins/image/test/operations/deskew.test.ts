import { invert, type Matrix, mapPoint, type Pixels } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { deskew } from '../../src/operations/deskew.ts'
import { call, callWith, type Outcome } from '../call.ts'
import { at, paint, random, writtenPage } from '../pages.ts'

const found = (outcome: Outcome) =>
  outcome.diagnostics?.[0] as unknown as { code: string; details: { angle: number; confidence: number; keystone: number } }

/** A drawing turned about the middle of a page. */
function turned(degrees: number, draw: (x: number, y: number) => number): Pixels {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
  return paint(1240, 1754, (px, py) => {
    const [dx, dy] = [px - 620, py - 877]
    return draw(Math.round(cos * dx + sin * dy + 620), Math.round(cos * dy - sin * dx + 877))
  })
}

/** Staves with notes on them, askew. */
function music(seed: number): Pixels {
  const next = random(seed)
  const notes = Array.from({ length: 10 * 20 }, (_, n) => ({ x: 150 + (n % 20) * 48 + next() * 16, y: Math.floor(next() * 9) * 6 }))
  return turned(3.3, (x, y) => {
    const [staff, below] = [Math.floor((y - 100) / 150), ((y - 100) % 150) - 50]
    if (staff < 0 || staff > 9 || x < 90 || x > 1150) return 235
    const onStaff = below >= 0 && below < 50 && below % 12 < 2
    const near = Math.floor((x - 150) / 48)
    const onNote = [near - 1, near].some((column) => {
      const note = column < 0 || column > 19 ? undefined : notes[staff * 20 + column]
      if (note === undefined) return false
      const onStem = Math.abs(x - note.x - 7) < 1.5 && below < note.y && below > note.y - 38
      return onStem || ((x - note.x) / 1.3) ** 2 + (below - note.y) ** 2 < 36
    })
    return onStaff || onNote ? 25 : 235
  })
}

/** Labels of a few letters in all directions, and curved lines. */
function labels(seed: number): Pixels {
  const next = random(seed)
  const words = Array.from({ length: 40 }, () => ({
    x: next() * 1240,
    y: next() * 1754,
    angle: (next() - 0.5) * 2.4,
    long: 40 + next() * 60,
  }))
  return paint(1240, 1754, (x, y) => {
    const inked = words.some((word) => {
      if (Math.abs(x - word.x) > 110 || Math.abs(y - word.y) > 110) return false
      const [along, across] = [
        Math.cos(word.angle) * (x - word.x) + Math.sin(word.angle) * (y - word.y),
        Math.cos(word.angle) * (y - word.y) - Math.sin(word.angle) * (x - word.x),
      ]
      return along >= 0 && along < word.long && across >= 0 && across < 16 && along % 14 < 9
    })
    const river = Math.abs(Math.sin(x / 170) * 200 + Math.sin(x / 61) * 60 + 900 - y) < 3
    return inked || river ? 30 : 235
  })
}

describe('image.deskew', () => {
  it.each([-9, -2.8, -0.7, 0.3, 1.33, 4.2, 12])('finds %d degrees within 0.1 and straightens the page', async (skew) => {
    const outcome = await call(deskew, writtenPage({ skew, seed: 5, noise: 20 }))
    expect(found(outcome).code).toBe('SKEW_CORRECTED')
    expect(Math.abs(found(outcome).details.angle - skew)).toBeLessThan(0.1)
    const again = await call(deskew, outcome.output)
    expect(Math.abs(found(again).details.angle)).toBeLessThan(0.1)
  })
  it('maps the straightened page back: the centre stays, a level step climbs by the angle', async () => {
    const page = writtenPage({ skew: 3 })
    const { output, matrix } = await call(deskew, page)
    const centre = mapPoint(matrix as Matrix, [output.width / 2, output.height / 2])
    expect(Math.hypot(centre[0] - page.width / 2, centre[1] - page.height / 2)).toBeLessThan(1)
    const right = mapPoint(matrix as Matrix, [output.width / 2 + 100, output.height / 2])
    expect((Math.atan2(right[1] - centre[1], right[0] - centre[0]) * 180) / Math.PI).toBeCloseTo(3, 0.9)
  })
  it('leaves a straight page alone', async () => {
    const page = writtenPage()
    const outcome = await call(deskew, page)
    expect(outcome.output).toBe(page)
    expect(found(outcome).code).toBe('SKEW_NONE')
  })
  it.each([
    ['an empty page', () => paint(1240, 1754, () => 235)],
    ['noise', () => ((next) => paint(1240, 1754, () => 120 + next() * 100))(random(3))],
    ['a picture without writing', () => paint(1240, 1754, (x, y) => 128 + 100 * Math.sin(x / 90) * Math.cos(y / 70))],
    ['one pixel', () => paint(1, 1, () => 0)],
    ['music', () => music(3)],
    ['a map', () => labels(4)],
    ['hatching', () => turned(3, (x, y) => (x > 200 && x < 900 && y > 200 && y < 1400 && y % 9 < 3 && x % 40 < 36 ? 40 : 235))],
    ["a table's rules", () => turned(2, (x, y) => (x > 100 && x < 1100 && y > 100 && y < 1600 && (x % 130 < 3 || y % 55 < 3) ? 30 : 235))],
    ['a single word', () => turned(4, (x, y) => (y > 800 && y < 830 && x > 500 && x < 680 && x % 24 < 6 + (x >> 5) ? 30 : 235))],
  ])('leaves %s alone and says so', async (_name, make) => {
    const page = make()
    const outcome = await call(deskew, page)
    expect(outcome.output).toBe(page)
    expect(found(outcome).code).toBe('SKEW_UNCERTAIN')
  })
  it.each([
    ['slope', 14.9, 0],
    ['slope', 15.4, 0],
    ['slope and keystone', 14.4, 0.00003],
    ['slope and keystone', -14, -0.00004],
    ['keystone', 4, 0.00008],
  ])('turns no part of the page by more than the limit: %s, %d degrees, fan %d', async (_name, skew, fan) => {
    const flat = writtenPage({ skew, seed: 12 })
    const page = paint(flat.width, flat.height, (x, y) => {
      const line = (y - flat.height / 2) / (1 + fan * (x - flat.width / 2)) + flat.height / 2
      return line < 0 || line >= flat.height ? 230 : at(flat, x, line)
    })
    for (const limit of [15, 4.5, 14.2]) {
      const { matrix, output } = await call(deskew, page, { limit })
      if (output === page) continue
      const back = invert(matrix as Matrix) as Matrix
      for (const y of [0, page.height]) {
        const [left, right] = [mapPoint(back, [0, y]), mapPoint(back, [page.width, y])]
        expect(Math.abs((Math.atan2(right[1] - left[1], right[0] - left[0]) * 180) / Math.PI)).toBeLessThanOrEqual(limit + 1e-6)
      }
    }
  })
  it('measures a small strip of a fine scan by its scale', async () => {
    const strip = writtenPage({ skew: 3, seed: 6, width: 900, height: 500 })
    const fine = paint(2700, 1500, (x, y) => at(strip, x / 3, y / 3))
    expect(Math.abs(found(await call(deskew, { ...fine, density: 450 })).details.angle - 3)).toBeLessThan(0.15)
  })
  it('looks no further than the limit', async () => {
    const page = writtenPage({ skew: 6 })
    expect(found(await call(deskew, page, { limit: 2 })).code).not.toBe('SKEW_CORRECTED')
    expect(found(await call(deskew, page, { limit: 8 })).code).toBe('SKEW_CORRECTED')
  })
  it('goes on beyond the edges as the page ends there, or in a colour that was asked for', async () => {
    const page = writtenPage({ skew: 5, paper: 211 })
    const desk = paint(page.width, page.height, (x, y) => (x < 70 ? 40 : at(page, x, y)))
    const { output } = await call(deskew, desk)
    expect(at(output, 1, output.height / 2)).toBe(40)
    expect(at(output, output.width - 2, 2)).toBe(211)
    expect(at((await call(deskew, page, { background: '#000000' })).output, 1, 1)).toBe(0)
  })
  it('keeps colour and density', async () => {
    const grey = writtenPage({ skew: 2 })
    const colour = paint(grey.width, grey.height, (x, y) => [at(grey, x, y), at(grey, x, y), at(grey, x, y) >> 1])
    const { output } = await call(deskew, colour)
    expect([output.channels, output.density]).toEqual([3, 300])
    expect([at(output, 1, 1, 0), at(output, 1, 1, 2)]).toEqual([230, 115])
  })
  it('makes lines that run apart parallel, unless told not to', async () => {
    const flat = writtenPage({ seed: 9 })
    const fan = 0.00004
    // The line through (0, c) runs `c + fan * c * X`, X from the centre: what a camera held at an angle sees.
    const photographed = paint(flat.width, flat.height, (x, y) => {
      const line = (y - flat.height / 2) / (1 + fan * (x - flat.width / 2)) + flat.height / 2
      return line < 0 || line >= flat.height ? 230 : at(flat, x, line)
    })
    const corrected = await call(deskew, photographed)
    const expected = (Math.atan(fan * flat.height) * 180) / Math.PI
    expect(Math.abs(found(corrected).details.keystone - expected)).toBeLessThan(0.3)
    expect(found(await call(deskew, corrected.output)).details.keystone).toBeLessThan(0.5)
    expect(found(await call(deskew, photographed, { keystone: false })).details.keystone).toBe(0)
  })
  it('refuses a result over the limit', async () => {
    const limits = { pixels: 1240 * 1754, bytes: 1e9, pages: 1, timeoutMs: 1, memoryBytes: 1e9 }
    await expect(callWith({ limits })(deskew, writtenPage({ skew: 5 }), {})).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' })
  })
})

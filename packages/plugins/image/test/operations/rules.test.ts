import type { Pixels } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { binarize } from '../../src/operations/binarize.ts'
import { call } from '../call.ts'

type Rectangle = readonly [number, number, number, number]

/** Rectangles `[left, top, right, bottom]` of black, in hundredths of an inch, on a page of 6 x 4 inches. */
function drawn(dpi: number, rectangles: readonly Rectangle[]): Pixels {
  const [width, height] = [dpi * 6, dpi * 4]
  const data = new Uint8Array(width * height).fill(245)
  for (const rectangle of rectangles) {
    const [x0, y0, x1, y1] = rectangle.map((value) => Math.round((value * dpi) / 100)) as unknown as Rectangle
    for (let y = y0; y < y1; y++) data.fill(15, y * width + x0, y * width + x1)
  }
  return { width, height, channels: 1, density: dpi, data }
}

/** A word of made-up letters with a stem and a foot each. */
const word = (left: number, foot: number, letters: number): Rectangle[] =>
  Array.from({ length: letters }, (_, n) => n).flatMap((n) => [
    [left + n * 9, foot - 10, left + n * 9 + 2, foot],
    [left + n * 9, foot - 2, left + n * 9 + 6, foot],
  ])

const table: Rectangle[] = [
  ...[250, 290, 330].map((y): Rectangle => [50, y, 400, y + 1]),
  ...[50, 200, 399].map((x): Rectangle => [x, 250, x + 1, 331]),
]
const cells = [...word(70, 275, 6), ...word(220, 275, 8), ...word(70, 315, 7), ...word(220, 315, 5)]
/** T, I, L, E, half an inch high and thin. */
const title: Rectangle[] = [
  [50, 20, 95, 22],
  [72, 20, 74, 70],
  [110, 20, 112, 70],
  [130, 20, 132, 70],
  [130, 68, 175, 70],
  [190, 20, 192, 70],
  [190, 20, 235, 22],
  [190, 45, 225, 47],
  [190, 68, 235, 70],
]
const dashes: Rectangle[] = [...word(50, 110, 8), [125, 104, 185, 105], ...word(190, 110, 8)]
const fraction: Rectangle[] = [...word(60, 155, 8), [55, 159, 140, 160], ...word(75, 175, 5)]
const underlined: Rectangle[] = [...word(250, 160, 20), [250, 164, 320, 165]]

describe.each([150, 300, 600])('lines: remove at %d dots an inch', (dpi) => {
  const binary = async (page: Pixels, lines: string): Promise<Uint8Array> => (await call(binarize, page, { lines })).output.data

  it("keeps the strokes of the text: a title's, long dashes, a fraction's bar", async () => {
    const page = drawn(dpi, [...title, ...dashes, ...fraction])
    expect(Buffer.compare(await binary(page, 'remove'), await binary(page, 'keep'))).toBe(0)
  })
  it('removes the rules of a table and an underline on the same page', async () => {
    const removed = await binary(drawn(dpi, [...title, ...dashes, ...fraction, ...table, ...cells, ...underlined]), 'remove')
    const expected = await binary(drawn(dpi, [...title, ...dashes, ...fraction, ...cells, ...underlined.slice(0, -1)]), 'keep')
    const wrong = removed.reduce((count, value, i) => count + (value === expected[i] ? 0 : 1), 0)
    expect(wrong).toBeLessThan(removed.length * 0.0001)
  })
})

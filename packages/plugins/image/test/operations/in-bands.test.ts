import { expect, it } from 'vitest'
import { adjust } from '../../src/operations/adjust.ts'
import { crop } from '../../src/operations/crop.ts'
import { grayscale } from '../../src/operations/grayscale.ts'
import { inBands } from '../../src/operations/in-bands.ts'
import { sharpen } from '../../src/operations/sharpen.ts'
import { call, callWith } from '../call.ts'
import { paint } from '../pages.ts'

/** More than one band, the last of which is smaller. */
const page = paint(701, 1201, (x, y) => [x % 256, y % 256, (x * y) % 256])
const { signal } = new AbortController()

it('a page is made whole of its bands, between which others have their turn', async () => {
  const tops: number[] = []
  let turns = 0
  const count = setInterval(() => turns++, 0)
  const made = await inBands(page, { signal }, (band, out, top) => {
    tops.push(top)
    for (const until = performance.now() + 3; performance.now() < until; );
    out.set(band.data.map((value) => 255 - value))
  })
  clearInterval(count)
  expect(made).toEqual({ ...page, data: page.data.map((value) => 255 - value) })
  expect(tops.length).toBeGreaterThan(2)
  expect(turns).toBeGreaterThan(0)
})

it('a cancel is seen before the next band', async () => {
  const controller = new AbortController()
  const making = inBands(page, { signal: controller.signal }, () => controller.abort())
  await expect(making).rejects.toMatchObject({ code: 'CANCELLED' })
})

it.each([
  ['grayscale', grayscale, {}],
  ['adjust', adjust, { gamma: 2, saturation: 0.5 }],
  ['crop', crop, { left: 100, top: 600, width: 600, height: 600 }],
] as const)('image.%s gives what its bands give on pages of their own', async (_, operation, params) => {
  const whole = await call(operation, page, params)
  const [from, height] = operation === crop ? [900, 1] : [1000, 1]
  const row = { ...page, height, data: page.data.subarray(from * 701 * 3, (from + height) * 701 * 3) }
  const alone = await call(operation, row, operation === crop ? { ...params, top: 0, height: 1 } : params)
  const { width, channels } = alone.output
  const at = operation === crop ? from - 600 : from
  const values = whole.output.data.subarray(at * width * channels, (at + 1) * width * channels)
  expect(Buffer.compare(values, alone.output.data)).toBe(0)
})

it('image.sharpen sharpens every band against the same blur', async () => {
  const flat = paint(701, 1201, () => [90, 120, 150])
  const { output } = await call(sharpen, flat, { sigma: 2, amount: 3 })
  expect(Buffer.compare(output.data, flat.data)).toBe(0)
  const edge = paint(701, 1201, (_, y) => (y < 1000 ? 60 : 180))
  const sharp = await call(sharpen, edge, { sigma: 1, amount: 1 })
  const column = (top: number): number[] => [0, 1, 2].map((row) => sharp.output.data[(top + row) * 701] as number)
  // An overshoot on both sides of the edge, and nowhere else.
  expect([column(500), column(748)]).toEqual([Array(3).fill(60), Array(3).fill(60)])
  expect(sharp.output.data[999 * 701]).toBeLessThan(60)
  expect(sharp.output.data[1000 * 701]).toBeGreaterThan(180)
})

it.each([grayscale, adjust, crop, sharpen])('$name stops when it is cancelled', async (operation) => {
  const cancelled = callWith({ signal: AbortSignal.abort() })
  const params = operation === crop ? { left: 0, top: 0, width: 1, height: 1 } : {}
  await expect(cancelled(operation, page, params)).rejects.toMatchObject({ code: 'CANCELLED' })
})

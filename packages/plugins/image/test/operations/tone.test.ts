import { describe, expect, it } from 'vitest'
import { adjust } from '../../src/operations/adjust.ts'
import { blur } from '../../src/operations/blur.ts'
import { grayscale } from '../../src/operations/grayscale.ts'
import { sharpen } from '../../src/operations/sharpen.ts'
import { call } from '../call.ts'
import { at, paint } from '../pages.ts'

const ramp = paint(256, 2, (x) => x)
const red = paint(4, 4, () => [200, 60, 40])
const edge = paint(40, 10, (x) => (x < 20 ? 60 : 180))
const spread = (values: Uint8Array): number => Math.max(...values) - Math.min(...values)

describe('image.grayscale', () => {
  it('leaves equal channels at their value', async () => {
    const { output } = await call(
      grayscale,
      paint(256, 1, (x) => [x, x, x]),
    )
    expect([...output.data]).toEqual(Array.from({ length: 256 }, (_, value) => value))
    expect([output.channels, output.density]).toEqual([1, 300])
  })
  it('gives a grey page as it is', async () => {
    expect((await call(grayscale, ramp, {})).output).toEqual(ramp)
  })
  it('weighs green above red above blue', async () => {
    const grey = async (colour: number[]): Promise<number> =>
      at(
        (
          await call(
            grayscale,
            paint(1, 1, () => colour),
          )
        ).output,
        0,
        0,
      )
    const [r, g, b] = [await grey([255, 0, 0]), await grey([0, 255, 0]), await grey([0, 0, 255])]
    expect([r, g, b]).toEqual([127, 220, 76])
  })
  it('shows paper through what is transparent', async () => {
    expect(
      at(
        (
          await call(
            grayscale,
            paint(1, 1, () => [0, 0, 0, 0]),
          )
        ).output,
        0,
        0,
      ),
    ).toBe(255)
  })
})

describe('image.adjust', () => {
  it('changes nothing by default', async () => {
    expect((await call(adjust, ramp)).output.data).toEqual(ramp.data)
    expect((await call(adjust, red)).output.data).toEqual(red.data)
  })
  it('multiplies by brightness', async () => {
    const { output } = await call(adjust, ramp, { brightness: 1.5 })
    expect([at(output, 10, 0), at(output, 100, 0), at(output, 200, 0)]).toEqual([15, 150, 255])
  })
  it('spreads values about the middle by contrast', async () => {
    const { output } = await call(adjust, ramp, { contrast: 2 })
    expect([at(output, 50, 0), at(output, 120, 0), at(output, 140, 0), at(output, 220, 0)]).toEqual([0, 113, 153, 255])
  })
  it('lightens the middle by a gamma above 1 and keeps black and white', async () => {
    const { output } = await call(adjust, ramp, { gamma: 2 })
    expect([at(output, 0, 0), at(output, 64, 0), at(output, 255, 0)]).toEqual([0, 128, 255])
  })
  it('takes colour away and adds it by saturation', async () => {
    const none = (await call(adjust, red, { saturation: 0 })).output
    expect(spread(none.data)).toBeLessThanOrEqual(1)
    expect(spread((await call(adjust, red, { saturation: 1.2 })).output.data)).toBeGreaterThan(spread(red.data))
  })
  it('leaves transparency alone', async () => {
    const glass = paint(2, 2, () => [100, 100, 100, 77])
    expect(at((await call(adjust, glass, { brightness: 2 })).output, 1, 1, 3)).toBe(77)
    expect(at((await call(adjust, glass, { saturation: 2, brightness: 2 })).output, 1, 1, 3)).toBe(77)
  })
})

describe('image.blur', () => {
  it('softens an edge, more with a larger sigma', async () => {
    const [little, much] = [await call(blur, edge, { sigma: 0.8 }), await call(blur, edge, { sigma: 4 })]
    const step = ({ output }: typeof little): number => at(output, 20, 5) - at(output, 19, 5)
    expect(step(little)).toBeLessThan(120)
    expect(step(much)).toBeLessThan(step(little))
    expect([little.output.width, little.output.channels, little.output.density]).toEqual([40, 1, 300])
  })
  it('keeps three and four channels', async () => {
    expect((await call(blur, red)).output.channels).toBe(3)
    expect(
      (
        await call(
          blur,
          paint(4, 4, () => [1, 2, 3, 255]),
        )
      ).output.channels,
    ).toBe(4)
  })
})

describe('image.sharpen', () => {
  it('raises the contrast at an edge, more with a larger amount, and nothing elsewhere', async () => {
    const [some, more] = [await call(sharpen, edge, { amount: 0.5 }), await call(sharpen, edge, { amount: 1.5 })]
    expect(at(some.output, 20, 5)).toBeGreaterThan(180)
    expect(at(more.output, 20, 5)).toBeGreaterThan(at(some.output, 20, 5))
    expect([at(more.output, 2, 5), at(more.output, 37, 5)]).toEqual([60, 180])
  })
  it('reaches further with a larger sigma', async () => {
    const wide = await call(sharpen, edge, { sigma: 4 })
    const narrow = await call(sharpen, edge, { sigma: 0.6 })
    expect(at(narrow.output, 24, 5)).toBe(180)
    expect(at(wide.output, 24, 5)).toBeGreaterThan(185)
  })
  it('changes nothing with amount 0', async () => {
    expect((await call(sharpen, edge, { amount: 0 })).output.data).toEqual(edge.data)
  })
  it('leaves transparency alone', async () => {
    const fade = paint(20, 20, (x) => [90, 90, 90, x < 10 ? 0 : 255])
    const { output } = await call(sharpen, fade, { sigma: 2 })
    expect([at(output, 9, 5, 3), at(output, 10, 5, 3)]).toEqual([0, 255])
  })
})

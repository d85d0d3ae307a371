import { type Matrix, mapPoint, type Pixels } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { crop } from '../../src/operations/crop.ts'
import { resize } from '../../src/operations/resize.ts'
import { rotate } from '../../src/operations/rotate.ts'
import { call, callWith } from '../call.ts'
import { at, darkCentre, paint } from '../pages.ts'

const small = { pixels: 5000, bytes: 1e9, pages: 10, timeoutMs: 1000, memoryBytes: 1e9 }
/** White with a dark mark of 6 x 6 around (81, 41). */
const marked = (channels: 1 | 3 | 4 = 1): Pixels =>
  paint(200, 120, (x, y) => {
    const value = x >= 78 && x < 84 && y >= 38 && y < 44 ? 0 : 255
    return channels === 1 ? value : channels === 3 ? [value, value, value] : [value, value, value, 255]
  })

function expectMark(output: Pixels, matrix: Matrix | null | undefined, within = 0.1): void {
  const [x, y] = mapPoint(matrix as Matrix, darkCentre(output))
  expect(Math.hypot(x - 81, y - 41)).toBeLessThan(within)
}

describe('image.crop', () => {
  it('cuts the rectangle and maps it back', async () => {
    const { output, matrix } = await call(crop, marked(), { left: 70, top: 30, width: 40, height: 30 })
    expect([output.width, output.height, output.channels, output.density]).toEqual([40, 30, 1, 300])
    expectMark(output, matrix, 1e-9)
  })
  it.each([1, 3, 4] as const)('of the whole page gives the page itself, with %d channels', async (channels) => {
    const page = marked(channels)
    const { output, matrix } = await call(crop, page, { width: '100%', height: '100%' })
    expect(output).toEqual(page)
    expect(matrix).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1])
  })
  it('takes percentages of the edges', async () => {
    const { output, matrix } = await call(crop, marked(3), { left: '25%', top: '10%', width: '50%', height: '75%' })
    expect([output.width, output.height, output.channels]).toEqual([100, 90, 3])
    expect(matrix).toEqual([1, 0, 50, 0, 1, 12, 0, 0, 1])
    expectMark(output, matrix, 1e-9)
  })
  it('divides a page by percentages without a gap, a rest or a refusal', async () => {
    const page = paint(2481, 7, (x) => x & 255)
    for (const parts of [
      ['50%', '50%'],
      ['33.3%', '33.3%', '33.4%'],
      ['12.5%', '37.55%', '49.95%'],
    ]) {
      const found: number[] = []
      let left = 0
      for (const width of parts) {
        const { output, matrix } = await call(crop, page, { left: `${left}%`, width, height: '100%' })
        expect(matrix?.[2]).toBe(found.length)
        found.push(...output.data.subarray(0, output.width))
        left = Number((left + Number.parseFloat(width)).toFixed(6))
      }
      expect(found).toEqual([...page.data.subarray(0, 2481)])
    }
  })
  it.each([
    ['left', { left: 200, width: 10, height: 10 }],
    ['top', { top: 500, width: 10, height: 10 }],
    ['width', { left: 150, width: 51, height: 10 }],
    ['height', { top: 100, width: 10, height: 21 }],
    ['width', { width: 0, height: 10 }],
    ['height', { width: 10, height: '0.1%' }],
  ])('names "%s" when the rectangle is not on the page', async (parameter, params) => {
    await expect(call(crop, marked(), params)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      path: `with.${parameter}`,
      details: { parameter },
    })
  })
})

describe('image.rotate', () => {
  it.each([90, 180, 270, -90, 3.5, -12, 200, 45])('by %d degrees, a mark ends where the matrix says', async (angle) => {
    const { output, matrix } = await call(rotate, marked(), { angle })
    expect(output.channels).toBe(1)
    expectMark(output, matrix)
  })
  it('by 90 degrees turns clockwise, exactly', async () => {
    const { output, matrix } = await call(
      rotate,
      paint(3, 2, (x, y) => 10 * y + x),
      { angle: 90 },
    )
    expect([output.width, output.height]).toEqual([2, 3])
    expect([...output.data]).toEqual([10, 0, 11, 1, 12, 2])
    expect(matrix).toEqual([0, 1, 0, -1, 0, 2, 0, 0, 1])
  })
  it('by 0 or 360 degrees gives the page itself', async () => {
    const page = marked()
    expect((await call(rotate, page, { angle: 0 })).output).toBe(page)
    expect((await call(rotate, page, { angle: 360 })).output).toBe(page)
  })
  it('enlarges the canvas and fills the corners with the background', async () => {
    const grey = await call(rotate, marked(), { angle: 10, background: '#808080' })
    expect([grey.output.width, grey.output.height]).toEqual([218, 153])
    expect(at(grey.output, 0, 0)).toBe(128)
    const colour = await call(rotate, marked(3), { angle: 10, background: '#ff0000' })
    expect([0, 1, 2].map((channel) => at(colour.output, 0, 0, channel))).toEqual([255, 0, 0])
  })
  it.each([1, 3, 4] as const)('gives %d channels transparency for a see-through background', async (channels) => {
    const { output } = await call(rotate, marked(channels), { angle: 10, background: '#00000000' })
    expect(output.channels).toBe(4)
    expect([at(output, 0, 0, 3), at(output, output.width / 2, output.height / 2, 3)]).toEqual([0, 255])
  })
  it('refuses a result over the limit', async () => {
    const page = paint(70, 70, () => 255)
    await expect(callWith({ limits: small })(rotate, page, { angle: 45 })).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' })
  })
})

describe('image.resize', () => {
  it.each([
    [{ width: 100 }, [100, 60]],
    [{ height: 30 }, [50, 30]],
    [{ width: '50%', height: '10%' }, [20, 12]],
    [{ width: 100, height: 100 }, [100, 60]],
    [{ width: 100, height: 100, fit: 'outside' }, [167, 100]],
    [{ width: 100, height: 100, fit: 'cover' }, [100, 100]],
    [{ width: 100, height: 100, fit: 'fill' }, [100, 100]],
    [{ width: 400 }, [200, 120]],
    [{ width: 400, enlarge: true }, [400, 240]],
    [{ width: 300, height: 100, fit: 'fill' }, [200, 120]],
  ])('%j gives %j', async (params, size) => {
    const { output } = await call(resize, marked(), params)
    expect([output.width, output.height]).toEqual(size)
  })
  it.each([
    { width: 100 },
    { width: 100, height: 100, fit: 'fill' },
    { width: 90, height: 110, fit: 'cover' },
    { width: 500, enlarge: true },
  ])('%j: a mark ends where the matrix says', async (params) => {
    const { output, matrix } = await call(resize, marked(), params)
    expectMark(output, matrix, 0.5)
  })
  it('scales the density with the size', async () => {
    expect((await call(resize, marked(), { width: 100 })).output.density).toBe(150)
    expect((await call(resize, { ...marked(), density: null }, { width: 100 })).output.density).toBeNull()
  })
  it('wants a width or a height', () => {
    expect(resize.params.safeParse({}).success).toBe(false)
  })
  it('refuses a result over the limit, and one of no pixels', async () => {
    await expect(callWith({ limits: small })(resize, marked(), { width: 4000, enlarge: true })).rejects.toMatchObject({
      code: 'TOO_MANY_PIXELS',
    })
    await expect(call(resize, marked(), { width: 0 })).rejects.toMatchObject({ code: 'INVALID_PARAMETER', path: 'with.width' })
  })
})

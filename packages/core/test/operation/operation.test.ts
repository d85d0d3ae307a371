import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  angle,
  colour,
  data,
  defineOperation,
  encoded,
  image,
  isPort,
  kindsOf,
  length,
  many,
  namedPorts,
  oneOf,
  paged,
  pageItem,
  parseColour,
  pdf,
  pixels,
  portInWords,
  text,
  toPixels,
  toSpan,
} from '../../src/index.ts'
import { pageItemExtra } from '../../src/operation/page-item.ts'
import { membersOf } from '../../src/operation/port.ts'

describe('units', () => {
  it('take pixels or a percentage of an edge', () => {
    for (const right of [0, 12.5, '12.5%', '0%', '100%']) expect(length.safeParse(right).success).toBe(true)
    for (const wrong of [-1, '12', '%', '-3%', 'x%', null]) expect(length.safeParse(wrong).success).toBe(false)
    expect(toPixels(12.4, 1000)).toBe(12)
    expect(toPixels('12.5%', 1000)).toBe(125)
  })

  it('round the far end of a stretch, not its size', () => {
    expect(toSpan('50%', '50%', 2481)).toEqual({ start: 1241, size: 1240 })
    expect(toSpan('33.3%', '66.7%', 5)).toEqual({ start: 2, size: 3 })
    expect(toSpan(10, '50%', 2481)).toEqual({ start: 10, size: 1241 })
    expect(toSpan('50%', 1240, 2481)).toEqual({ start: 1241, size: 1240 })
    expect(toSpan(0.6, 10.6, 100)).toEqual({ start: 1, size: 10 })
  })

  it('divide an edge of any length without a gap or a rest, whatever percentages add up to 100', () => {
    const next = randomFrom(7)
    for (let total = 1; total <= 5000; total++) {
      const scale = 10 ** Math.floor(next() * 7)
      const cuts = Array.from({ length: 1 + Math.floor(next() * 8) }, () => Math.round(next() * 100 * scale)).sort((a, b) => a - b)
      const edges = [0, ...cuts, 100 * scale]
      let end = 0
      for (let i = 1; i < edges.length; i++) {
        const percent = (value: number): string => `${(value / scale).toFixed(6)}%`
        const { start, size } = toSpan(percent(edges[i - 1]!), percent(edges[i]! - edges[i - 1]!), total)
        if (start !== end || size < 0) expect.fail(`${total} pixels, part ${i} of ${edges.map((edge) => edge / scale)}`)
        end = start + size
      }
      expect(end).toBe(total)
    }
  })

  it('are told by the schema, so that a preview can scale pixels', () => {
    const schema = z.toJSONSchema(z.strictObject({ length, pixels, angle, colour })) as { properties: Record<string, unknown> }
    expect(schema.properties).toMatchObject({
      length: { unit: 'px' },
      pixels: { unit: 'px' },
      angle: { unit: 'deg' },
      colour: { format: 'color' },
    })
  })

  it('take colours as #rrggbb or #rrggbbaa', () => {
    expect(parseColour('#ff8000')).toEqual({ r: 255, g: 128, b: 0, alpha: 255 })
    expect(parseColour('#FF800040')).toEqual({ r: 255, g: 128, b: 0, alpha: 64 })
    for (const wrong of ['red', '#fff', '#ff80000', 'ff8000']) expect(colour.safeParse(wrong).success).toBe(false)
  })
})

describe('ports', () => {
  it('say what they take in words', () => {
    expect(portInWords(many(image))).toBe('many image')
    expect(portInWords(oneOf(pdf, paged(image)))).toBe('pdf or image')
    expect(portInWords(oneOf(image, encoded(image, ['image/png'])))).toBe('image')
  })

  it('are one called input, or named ones', () => {
    expect(isPort(image)).toBe(true)
    expect(isPort({ pages: many(image), kind: text })).toBe(false)
    expect(namedPorts(image)).toEqual({ input: image })
    expect(Object.keys(namedPorts({ pages: many(image), layout: data }))).toEqual(['pages', 'layout'])
  })

  it('have members when they take one of several', () => {
    expect(membersOf(oneOf(pdf, image))).toEqual([pdf, image])
    expect(membersOf(image)).toEqual([image])
    expect(kindsOf(oneOf(image, pdf, encoded(image, [])))).toEqual(['image', 'pdf'])
    expect(many(oneOf(pdf, image))).toMatchObject({ many: true, members: [pdf, image] })
  })
})

describe('an operation', () => {
  const parts = {
    version: 1,
    summary: 'Do.',
    input: image,
    output: image,
    params: z.strictObject({}),
    run: () => ({ output: undefined as never }),
  }

  it.each(['crop', 'image.', '.crop', 'Image.crop', 'image.crop.more', 'image.2crop', 'image_crop', 'image.cut-'])(
    'is not called "%s"',
    (name) => {
      expect(() => defineOperation({ ...parts, name })).toThrowError(expect.objectContaining({ code: 'PLUGIN_INVALID' }))
    },
  )

  it.each([0, -1, 1.5, Number.NaN])('has no version %s', (version) => {
    expect(() => defineOperation({ ...parts, name: 'image.crop', version })).toThrowError(
      expect.objectContaining({ code: 'PLUGIN_INVALID' }),
    )
  })

  it('is what it was defined as', () => {
    const operation = { ...parts, name: 'image.split-spread2' as const }
    expect(defineOperation(operation)).toBe(operation)
  })
})

describe('an item of an expansion', () => {
  it('says more than its value, which stays what it is', () => {
    const value = { width: 1 }
    expect(pageItem(value, { matrix: null })).toBe(value)
    expect(Object.keys(value)).toEqual(['width'])
    expect(pageItemExtra(value)).toEqual({ matrix: null })
    for (const other of [{}, null, undefined, 5]) expect(pageItemExtra(other)).toEqual({})
  })
})

/** Reproducible random numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

import type { Json } from '@imagedoc/core'
import { length, pixels } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { scaleParams } from '../../src/preview/scale-params.ts'

const sigma = z.number().min(0.3).max(100).default(1).meta({ unit: 'px' })

function scaled(params: z.ZodObject, value: Record<string, Json>, factor = 0.25): Record<string, Json> {
  return scaleParams(value, z.toJSONSchema(params, { io: 'input' }) as Json, { width: factor, height: factor })
}

describe('parameters for a smaller page', () => {
  it('pixels become fewer; percentages, angles and counts stay', () => {
    const params = z.strictObject({ left: length, width: length, angle: z.number(), times: z.int() })
    expect(scaled(params, { left: 10, width: '12.5%', angle: 90, times: 8 })).toEqual({ left: 2.5, width: '12.5%', angle: 90, times: 8 })
  })

  it('stay within their bounds, and whole where they must be', () => {
    const params = z.strictObject({
      sigma,
      edge: pixels,
      window: z.int().gt(2).meta({ unit: 'px' }),
      shift: z.int().min(0).meta({ unit: 'px' }),
    })
    expect(scaled(params, { sigma: 1, edge: 1, window: 5, shift: 0 })).toEqual({ sigma: 0.3, edge: 1, window: 3, shift: 0 })
    expect(scaled(params, { sigma: 8, edge: 10, window: 103, shift: 3 })).toEqual({ sigma: 2, edge: 3, window: 26, shift: 1 })
  })

  it('a default in pixels is written out smaller; another default is left to the operation', () => {
    const params = z.strictObject({ sigma: sigma.default(4), left: length.default(0), amount: z.number().default(2) })
    expect(scaled(params, {})).toEqual({ sigma: 1 })
  })

  it('are found in lists, objects and variants, wherever they stand', () => {
    const point = z.strictObject({ x: length, y: length }).meta({ id: 'point' })
    const box = z.union([z.strictObject({ corners: z.array(point) }), z.tuple([pixels, z.number()])])
    const params = z.strictObject({ box, named: z.record(z.string(), pixels), free: z.json().optional() })
    expect(scaled(params, { box: { corners: [{ x: 4, y: '50%' }] }, named: { a: 40 }, free: { x: 4 } })).toEqual({
      box: { corners: [{ x: 1, y: '50%' }] },
      named: { a: 10 },
      free: { x: 4 },
    })
    expect(scaled(params, { box: [40, 40], named: {} })).toEqual({ box: [10, 40], named: {} })
  })

  it('a schema that names itself is followed as deep as the value goes', () => {
    interface Node {
      edge: number
      inner?: Node | undefined
    }
    const node: z.ZodType<Node> = z.lazy(() => z.strictObject({ edge: pixels, inner: node.optional() }))
    expect(scaled(z.strictObject({ node }), { node: { edge: 40, inner: { edge: 80 } } })).toEqual({
      node: { edge: 10, inner: { edge: 20 } },
    })
  })

  it('a page of its full size leaves them as they are', () => {
    const params = z.strictObject({ sigma, left: length })
    expect(scaled(params, { sigma: 0.7, left: 10.5 }, 1)).toEqual({ sigma: 0.7, left: 10.5 })
  })
})

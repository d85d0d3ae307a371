import { defineOperation, ImageDocError, image, type Length, length, type Matrix, type Pixels, toPixels } from '@imagedoc/core'
import { z } from 'zod'
import { collectPixels, openPixels } from '../codec/raw.ts'
import { sharpEngine } from '../sharp-engine.ts'
import { assertSize } from './size-limit.ts'

const params = z
  .strictObject({
    width: length.optional().meta({ edge: 'width' }).describe('Width of the result; pixels, or a percentage of the width.'),
    height: length.optional().meta({ edge: 'height' }).describe('Height of the result; pixels, or a percentage of the height.'),
    fit: z
      .enum(['inside', 'outside', 'cover', 'fill'])
      .default('inside')
      .describe('inside: as large as fits; outside: as small as covers; cover: covers, and the rest is cut off evenly; fill: stretched.'),
    enlarge: z.boolean().default(false).describe('Whether an image may become larger; when false it stays as it is instead.'),
  })
  .refine(({ width, height }) => width !== undefined || height !== undefined, { error: 'Give width, height or both.', path: ['width'] })

type Params = z.output<typeof params>

/** Scales the page, and its density with it, so that a length in inches stays the same. */
export const resize = defineOperation({
  name: 'image.resize',
  version: 1,
  summary: 'Scale the page to a size.',
  input: image,
  output: image,
  params,
  traits: { cost: 'light', blocking: false },
  engines: [sharpEngine],
  example: { width: 1240 },
  run: async ({ input, params, context }) => {
    const target = targetSize(input, params)
    const scaled = target.crop ?? target
    if (scaled.width === input.width && scaled.height === input.height) return { output: input }
    assertSize(target, context.limits)
    assertSize(scaled, context.limits)
    const [sx, sy] = [target.width / input.width, target.height / input.height]
    // sharp's own cover would cut at another place in its order; scaling and cutting apart are exact.
    const resized = openPixels(input).resize(target.width, target.height, { fit: 'fill' })
    const offset = { left: (target.width - scaled.width) >> 1, top: (target.height - scaled.height) >> 1 }
    const output = await collectPixels(target.crop ? resized.extract({ ...offset, ...scaled }) : resized, {
      grey: input.channels === 1,
      density: input.density === null ? null : input.density * Math.sqrt(sx * sy),
    })
    const matrix: Matrix = [1 / sx, 0, offset.left / sx, 0, 1 / sy, offset.top / sy, 0, 0, 1]
    return { output, matrix }
  },
})

interface Size {
  width: number
  height: number
}

/** The size to scale to, and for `cover` the size to cut from it. */
function targetSize(input: Pixels, wanted: Params): Size & { crop?: Size } {
  const asked = { width: pixelsOf(wanted.width, input.width, 'width'), height: pixelsOf(wanted.height, input.height, 'height') }
  const size = fitted(input, asked, wanted.fit)
  if (!wanted.enlarge && (size.width > input.width || size.height > input.height)) return { width: input.width, height: input.height }
  const cuts = wanted.fit === 'cover' && asked.width !== undefined && asked.height !== undefined
  return cuts ? { ...size, crop: { width: asked.width as number, height: asked.height as number } } : size
}

function fitted(input: Pixels, asked: Partial<Size>, fit: Params['fit']): Size {
  const { width, height } = asked
  if (width !== undefined && height !== undefined && fit === 'fill') return { width, height }
  const scales = [...(width === undefined ? [] : [width / input.width]), ...(height === undefined ? [] : [height / input.height])]
  const scale = fit === 'inside' ? Math.min(...scales) : Math.max(...scales)
  return { width: Math.max(1, Math.round(input.width * scale)), height: Math.max(1, Math.round(input.height * scale)) }
}

function pixelsOf(value: Length | undefined, total: number, parameter: string): number | undefined {
  if (value === undefined) return undefined
  const size = toPixels(value, total)
  if (size >= 1) return size
  throw new ImageDocError('INVALID_PARAMETER', `"${parameter}" comes to ${size} pixels; it must be at least 1.`, {
    path: `with.${parameter}`,
    details: { parameter },
  })
}

import { angle, colour, defineOperation, image, type Matrix, type Pixels, parseColour } from '@imagedoc/core'
import { z } from 'zod'
import { collectPixels, openPixels } from '../codec/raw.ts'
import { sharpEngine } from '../sharp-engine.ts'
import { assertSize } from './size-limit.ts'

const params = z.strictObject({
  angle: angle.describe('Degrees clockwise. Multiples of 90 are exact; any other angle enlarges the canvas, so that nothing is cut off.'),
  background: colour.default('#ffffff').describe('Fills the corners that appear; #rrggbbaa gives the result transparency.'),
})

/** Turns the page about its centre. */
export const rotate = defineOperation({
  name: 'image.rotate',
  version: 1,
  summary: 'Turn the page by any angle.',
  input: image,
  output: image,
  params,
  traits: { cost: 'light', blocking: false },
  engines: [sharpEngine],
  example: { angle: 90 },
  run: async ({ input, params, context }) => {
    const turn = ((params.angle % 360) + 360) % 360
    if (turn === 0) return { output: input }
    const size = boundingSize(input, turn)
    assertSize(size, context.limits)
    const output = await collectPixels(turned(input, turn, params.background), {
      grey: input.channels === 1 && (turn % 90 === 0 || parseColour(params.background).alpha === 255),
      density: input.density,
    })
    return { output, matrix: backwards(turn, input) }
  },
})

function turned(input: Pixels, turn: number, background: string): ReturnType<typeof openPixels> {
  const { alpha, ...rgb } = parseColour(background)
  const opened = openPixels(input)
  if (turn % 90 === 0) return opened.rotate(turn)
  // Grey with transparency would lose it in raw output: a see-through background makes RGBA.
  const wide = input.channels === 1 && alpha < 255 ? opened.toColourspace('srgb') : opened
  return wide.rotate(turn, { background: { ...rgb, alpha: alpha / 255 } })
}

function boundingSize({ width, height }: Pixels, turn: number): { width: number; height: number } {
  const cos = Math.abs(Math.cos((turn * Math.PI) / 180))
  const sin = Math.abs(Math.sin((turn * Math.PI) / 180))
  return { width: Math.round(width * cos + height * sin), height: Math.round(width * sin + height * cos) }
}

/**
 * Right angles turn whole pixels about the centre. Any other goes through libvips, which turns pixel indices about the first one and rounds
 * the corner of the new canvas (libvips/resample/transform.c, transform_rect).
 */
function backwards(turn: number, from: Pixels): Matrix {
  const cos = exact(Math.cos((turn * Math.PI) / 180))
  const sin = exact(Math.sin((turn * Math.PI) / 180))
  const half = turn % 90 === 0 ? 0 : 0.5
  const left = Math.round(Math.min(0, cos * from.width) + Math.min(0, -sin * from.height))
  const top = Math.round(Math.min(0, sin * from.width) + Math.min(0, cos * from.height))
  const [dx, dy] = [left - half, top - half]
  return [cos, sin, cos * dx + sin * dy + half, -sin, cos, -sin * dx + cos * dy + half, 0, 0, 1]
}

/** No 6e-17 where 0 is meant: the right angles stay exact through any number of steps. */
const exact = (value: number): number => (Math.abs(value) < 1e-12 ? 0 : value)

import {
  assertPixels,
  colour,
  compose,
  type Diagnostic,
  defineOperation,
  identity,
  image,
  invert,
  type Json,
  type Matrix,
  mapBox,
  type Pixels,
  parseColour,
  throwIfAborted,
  translation,
} from '@imagedoc/core'
import { z } from 'zod'
import { reduce } from '../filters/reduce.ts'
import { estimateLines, type LineField } from '../filters/skew.ts'
import { continued, plain } from '../filters/surroundings.ts'
import { textEdges } from '../filters/text-edges.ts'
import { warp } from '../filters/warp.ts'
import { assertSize } from './size-limit.ts'

const params = z.strictObject({
  limit: z
    .number()
    .min(0.1)
    .max(30)
    .default(15)
    .meta({ unit: 'deg' })
    .describe('The largest angle looked for, degrees each way. A page turned further is left alone.'),
  keystone: z.boolean().default(true).describe('Also makes lines parallel that run apart, as in a photograph taken at an angle.'),
  background: colour.optional().describe('Fills the corners that appear; the page goes on as it ends there when not given.'),
})

/** The long edge is reduced to about this many pixels to measure the lines: letters are then some ten pixels high. */
const MEASURED_EDGE = 1200
/** Fewer edge points than a line of text has prove nothing. */
const LEAST_POINTS = 250
/** Text has 0.9 and more; noise, pictures and writing in all directions stay below 0.5. */
const LEAST_CONFIDENCE = 0.6
/** Below this many degrees nothing is gained by resampling the page. */
const STRAIGHT = 0.04

/** Straightens a page by its lines of text. A straight or doubtful page is left alone, which a diagnostic says; nothing is cut off. */
export const deskew = defineOperation({
  name: 'image.deskew',
  version: 1,
  summary: 'Straighten the lines of a page.',
  input: image,
  output: image,
  params,
  traits: { cost: 'heavy', blocking: true },
  example: { limit: 10 },
  run: ({ input, params, context }) => {
    assertPixels(input)
    const lines = measure(input, params)
    throwIfAborted(context.signal)
    const verdict = judge(lines)
    if (!verdict.straighten) return { output: input, diagnostics: [verdict.diagnostic] }
    const forwards = straightening(lines, input)
    const box = mapBox(forwards, [0, 0, input.width, input.height])
    const size = { width: Math.ceil(box[2] - box[0] - 1e-6), height: Math.ceil(box[3] - box[1] - 1e-6) }
    assertSize(size, context.limits)
    // A null would mean a flat line; the judgement has excluded such fans.
    const matrix = compose(invert(forwards), translation(box[0], box[1])) ?? identity
    const outside = params.background === undefined ? continued(input) : plain(colourOf(params.background, input.channels))
    return { output: warp(input, { matrix, ...size, outside }), matrix, diagnostics: [verdict.diagnostic] }
  },
})

type Measured = LineField & { points: number; height: number }

/** The lines in pixels of the input. */
function measure(input: Pixels, params: { limit: number; keystone: boolean }): Measured {
  const factor = Math.max(1, Math.round(Math.max(input.width, input.height) / MEASURED_EDGE))
  const small = reduce(input, factor)
  const points = textEdges(small)
  const lines = estimateLines(points, small, { limit: params.limit, fan: params.keystone })
  return { ...lines, fan: lines.fan / factor, points: points.count, height: input.height }
}

function judge(lines: Measured): { straighten: boolean; diagnostic: Diagnostic } {
  const degrees = (slope: number): number => Math.round((Math.atan(slope) * 180_000) / Math.PI) / 1000
  const spread = degrees(Math.abs(lines.fan) * lines.height)
  const details: Json = { angle: degrees(lines.slope), keystone: spread, confidence: Math.round(lines.confidence * 1000) / 1000 }
  const found = (code: string, severity: Diagnostic['severity'], message: string): Diagnostic => ({ code, severity, message, details })
  if (lines.points < LEAST_POINTS || lines.confidence < LEAST_CONFIDENCE) {
    return {
      straighten: false,
      diagnostic: found('SKEW_UNCERTAIN', 'warning', 'No lines of text were found that say how the page is turned; it was left alone.'),
    }
  }
  if (Math.abs(degrees(lines.slope)) < STRAIGHT && spread === 0) {
    return { straighten: false, diagnostic: found('SKEW_NONE', 'info', 'The page is straight; it was left alone.') }
  }
  return {
    straighten: true,
    diagnostic: found('SKEW_CORRECTED', 'info', `The lines ran ${degrees(lines.slope)} degrees clockwise; the page was straightened.`),
  }
}

/**
 * From the input to straight lines: every point goes to the height at which its line crosses the middle of the page. Without a fan this is
 * a turn about the centre.
 */
function straightening({ slope, fan }: LineField, { width, height }: Pixels): Matrix {
  const cos = 1 / Math.hypot(1, slope)
  const sin = slope * cos
  const centred: Matrix = [cos, sin, 0, -sin, cos, 0, fan, 0, 1]
  return compose(centred, translation(-width / 2, -height / 2)) ?? identity
}

function colourOf(background: string, channels: number): number[] {
  const { r, g, b, alpha } = parseColour(background)
  return channels === 1 ? [Math.round(0.2126 * r + 0.7152 * g + 0.0722 * b)] : [r, g, b, alpha].slice(0, channels)
}

import {
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
import { resolutionOf } from '../filters/resolution.ts'
import { estimateLines, type LineField } from '../filters/skew.ts'
import { continued, plain } from '../filters/surroundings.ts'
import { textEdges } from '../filters/text-edges.ts'
import { findTextLines, type TextLines } from '../filters/text-lines.ts'
import { warp } from '../filters/warp.ts'
import { assertSize } from './size-limit.ts'

const params = z.strictObject({
  limit: z
    .number()
    .min(0.1)
    .max(30)
    .default(15)
    .meta({ unit: 'deg' })
    .describe('The largest angle, degrees each way, by which any part of the page is turned. A page turned further is left alone.'),
  keystone: z.boolean().default(true).describe('Also makes lines parallel that run apart, as in a photograph taken at an angle.'),
  background: colour.optional().describe('Fills the corners that appear; the page goes on as it ends there when not given.'),
})

/** Lines are measured on a page reduced to about this many dots an inch: letters are then some ten pixels high. */
const MEASURED_DPI = 100
/** Fewer edge points than a line of text has prove nothing. */
const LEAST_POINTS = 250
/** Text has 0.9 and more; noise, pictures and writing in all directions stay below 0.5. */
const LEAST_CONFIDENCE = 0.6
/**
 * Lines of text, and their share of all that is as large as a letter: two lines may be labels of a map unless they are most of what is there; a
 * page with many lines may have as much dirt (0.14 on an aged page; text 0.7 and more, maps 0.09).
 */
const PROOF = [
  { lines: 2, share: 0.3 },
  { lines: 12, share: 0.1 },
] as const
/** Fewer lines than these, or on a smaller part of the page's height, say nothing about how lines run apart. */
const FAN = { lines: 4, spread: 0.25 }
/** Below this many degrees nothing is gained by resampling the page. */
const STRAIGHT = 0.04

/** Straightens a page by its lines of text. A straight or doubtful page is left alone, which a diagnostic says; nothing is cut off. */
export const deskew = defineOperation({
  name: 'image.deskew',
  version: 2,
  summary: 'Straighten the lines of a page.',
  input: image,
  output: image,
  params,
  traits: { cost: 'heavy' },
  example: { limit: 10 },
  run: ({ input, params, context }) => {
    const lines = measure(input, params, resolutionOf(input, context))
    throwIfAborted(context.signal)
    const verdict = judge(lines, params.limit)
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

type Measured = LineField & { points: number; height: number; text: TextLines }

/** The lines in pixels of the input. */
function measure(input: Pixels, { limit, keystone }: { limit: number; keystone: boolean }, dpi: number): Measured {
  const factor = Math.max(1, Math.floor(dpi / MEASURED_DPI))
  const small = reduce(input, factor)
  const points = textEdges(small)
  const straight = (): Measured => asMeasured(estimateLines(points, small, { limit, fan: false }))
  const asMeasured = (lines: LineField): Measured => ({
    ...lines,
    fan: lines.fan / factor,
    points: points.count,
    height: input.height,
    text: findTextLines(points.letters, lines, small),
  })
  if (!keystone) return straight()
  const fanned = asMeasured(estimateLines(points, small, { limit, fan: true }))
  const proven = fanned.text.lines >= FAN.lines && fanned.text.spread >= FAN.spread && turnOf(fanned) <= limit
  return fanned.fan === 0 || proven ? fanned : straight()
}

/** Degrees by which the page is turned where it is turned most: at its upper or lower edge. */
const turnOf = ({ slope, fan, height }: Measured): number =>
  ((Math.atan(Math.abs(slope)) + Math.atan(Math.abs(fan) * (height / 2))) * 180) / Math.PI

interface Verdict {
  straighten: boolean
  diagnostic: Diagnostic
}

function judge(lines: Measured, limit: number): Verdict {
  const degrees = (slope: number): number => Math.round((Math.atan(slope) * 180_000) / Math.PI) / 1000
  const spread = degrees(Math.abs(lines.fan) * lines.height)
  const angle = degrees(lines.slope)
  const details: Json = { angle, keystone: spread, confidence: Math.round(lines.confidence * 1000) / 1000 }
  const verdict = (code: string, severity: Diagnostic['severity'], message: string): Verdict => ({
    straighten: code === 'SKEW_CORRECTED',
    diagnostic: { code, severity, message, details },
  })
  if (!isText(lines)) {
    return verdict('SKEW_UNCERTAIN', 'warning', 'No lines of text were found that say how the page is turned; it was left alone.')
  }
  if (turnOf(lines) > limit) {
    const message = `The lines run ${angle} degrees clockwise, which is beyond the limit of ${limit}; the page was left alone.`
    return verdict('SKEW_UNCERTAIN', 'warning', message)
  }
  if (Math.abs(angle) < STRAIGHT && spread === 0) return verdict('SKEW_NONE', 'info', 'The page is straight; it was left alone.')
  return verdict('SKEW_CORRECTED', 'info', `The lines ran ${angle} degrees clockwise; the page was straightened.`)
}

/** Whether what was measured is text: staves, hatching, bricks and the rules of a table are as straight, but are no letters in lines. */
function isText({ points, confidence, text }: Measured): boolean {
  if (points < LEAST_POINTS || confidence < LEAST_CONFIDENCE) return false
  return PROOF.some(({ lines, share }) => text.lines >= lines && text.share >= share)
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

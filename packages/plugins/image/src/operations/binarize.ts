import { type Context, type Diagnostic, defineOperation, image, type Pixels, throwIfAborted } from '@imagedoc/core'
import { z } from 'zod'
import { normaliseBackground } from '../filters/background.ts'
import { type BorderOutcome, eraseBorder } from '../filters/border.ts'
import { fillDarkAreas, findDarkAreas } from '../filters/dark-areas.ts'
import { type Grey, toGrey } from '../filters/grey.ts'
import { histogram, lookUp, otsuLevel } from '../filters/otsu.ts'
import { asPositive, isNegative } from '../filters/polarity.ts'
import { resolutionOf } from '../filters/resolution.ts'
import { eraseRules, type RuleSize } from '../filters/rules.ts'
import { sauvola } from '../filters/sauvola.ts'
import { eraseSmall, eraseSpecks } from '../filters/specks.ts'

const params = z.strictObject({
  method: z
    .enum(['sauvola', 'otsu'])
    .default('sauvola')
    .describe('sauvola: a threshold for each place, for uneven paper; otsu: one for the whole page.'),
  window: z
    .int()
    .min(3)
    .max(999)
    .optional()
    .meta({ unit: 'px' })
    .describe('sauvola: edge of the square around each pixel that decides, in pixels. A seventh of an inch when not given.'),
  k: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('sauvola: how much darker than its surroundings ink must be; lower keeps fainter ink, and more dirt.'),
  background: z.enum(['keep', 'normalise']).default('normalise').describe('normalise: evens out shadows and stains before the threshold.'),
  lines: z
    .enum(['keep', 'remove', 'upright'])
    .default('keep')
    .describe(
      "remove: erases printed rules, which would be read as letters; upright: only those that stand between a table's columns, because the level ones keep its rows together.",
    ),
  border: z
    .enum(['keep', 'remove'])
    .default('keep')
    .describe(
      'remove: erases the desk, the lid and the shadow of a fold, where dark ground reaches the edge of the image. Printed banners and pictures stay.',
    ),
  despeckle: z
    .union([z.literal('auto'), z.int().min(0).max(10_000)])
    .default('auto')
    .meta({ unit: 'px' })
    .describe(
      'auto: black specks that stand alone become white, how large ones follows from the scale; dots, points and accents of the text stay. A number: all of at most this many pixels; 0 keeps all.',
    ),
})
type Params = z.output<typeof params>

/** Turns the page to black ink on white paper: one channel with the values 0 and 255 only. */
export const binarize = defineOperation({
  name: 'image.binarize',
  version: 2,
  summary: 'Turn the page to black and white.',
  input: image,
  output: image,
  params,
  traits: { cost: 'heavy' },
  example: { method: 'sauvola', k: 0.2 },
  run: ({ input, params, context }) => {
    const grey = toGrey(input)
    const dpi = resolutionOf(input, context)
    const negative = isNegative(grey, dpi)
    if (negative) context.report(NEGATIVE)
    const data = asPositive(grey, negative, (positive) => blackAndWhite(positive, params, { dpi, context }))
    const output: Pixels = { data, width: input.width, height: input.height, channels: 1, density: input.density }
    return { output }
  },
})

const NEGATIVE: Diagnostic = {
  code: 'PAGE_NEGATIVE',
  severity: 'info',
  message: 'Light letters stand on dark ground all over the page; it stays so, and was cleaned as if it were the other way round.',
}

function blackAndWhite(grey: Grey, params: Params, { dpi, context }: { dpi: number; context: Context }): Uint8Array {
  const data = threshold(params.background === 'normalise' ? normaliseBackground(grey, dpi) : grey, params, dpi)
  throwIfAborted(context.signal)
  const page = { data, width: grey.width, height: grey.height }
  const dark = findDarkAreas(grey, dpi)
  fillDarkAreas(data, grey, dark)
  if (params.border === 'remove') tellBorder(eraseBorder(page, grey, { dark, dpi }), context)
  if (params.lines !== 'keep') eraseRules(page, ruleSize(dpi), { level: params.lines === 'remove', dpi })
  if (params.despeckle === 'auto') eraseSpecks(page, dpi)
  else if (params.despeckle > 0) eraseSmall(page, params.despeckle)
  return data
}

function tellBorder({ printed, letters }: BorderOutcome, context: Context): void {
  if (printed === 0 && letters === 0) return
  const why = letters > 0 ? `it hangs together with ${letters} letters` : 'it is printed'
  context.report({
    code: 'BORDER_KEPT',
    severity: letters > 0 ? 'warning' : 'info',
    message: `Dark ground at the edge of the page stays, because ${why}.`,
    details: { printed, letters },
  })
}

const ruleSize = (dpi: number): RuleSize => ({
  shortest: Math.round(dpi * 0.4),
  thickest: Math.max(2, Math.round(dpi * 0.03)),
  gap: Math.max(1, Math.round(dpi * 0.01)),
})

function threshold(grey: Grey, { method, window, k }: Params, dpi: number): Uint8Array {
  if (method === 'sauvola') return sauvola(grey, { window: window ?? Math.round(dpi / 14) * 2 + 1, k })
  const level = otsuLevel(histogram(grey.data))
  return lookUp(
    grey.data,
    Uint8Array.from({ length: 256 }, (_, value) => (value > level ? 255 : 0)),
  )
}

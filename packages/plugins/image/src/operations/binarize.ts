import { assertPixels, defineOperation, image, type Pixels, throwIfAborted } from '@imagedoc/core'
import { z } from 'zod'
import { normaliseBackground } from '../filters/background.ts'
import { eraseComponents, findComponents } from '../filters/components.ts'
import { type Grey, toGrey } from '../filters/grey.ts'
import { histogram, lookUp, otsuLevel } from '../filters/otsu.ts'
import { eraseRules } from '../filters/rules.ts'
import { sauvola } from '../filters/sauvola.ts'

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
    .enum(['keep', 'remove'])
    .default('keep')
    .describe("remove: erases printed rules, such as a table's, that would be read as letters."),
  despeckle: z
    .int()
    .min(0)
    .max(10_000)
    .default(4)
    .meta({ unit: 'px' })
    .describe('Black specks of at most this many pixels become white; 0 keeps all.'),
})
type Params = z.output<typeof params>

/** Taken for the density of a page that does not say its own. */
const USUAL_DENSITY = 300

/** Turns the page to black ink on white paper: one channel with the values 0 and 255 only. */
export const binarize = defineOperation({
  name: 'image.binarize',
  version: 1,
  summary: 'Turn the page to black and white.',
  input: image,
  output: image,
  params,
  traits: { cost: 'heavy', blocking: true },
  example: { method: 'sauvola', k: 0.2 },
  run: ({ input, params, context }) => {
    assertPixels(input)
    const grey = params.background === 'normalise' ? normaliseBackground(toGrey(input)) : toGrey(input)
    throwIfAborted(context.signal)
    const density = input.density ?? USUAL_DENSITY
    const data = threshold(grey, params, density)
    const { width, height } = grey
    throwIfAborted(context.signal)
    if (params.lines === 'remove')
      eraseRules({ data, width, height }, { shortest: Math.round(density * 0.4), thickest: Math.max(2, Math.round(density * 0.03)) })
    if (params.despeckle > 0) despeckle({ data, width, height }, params.despeckle)
    const output: Pixels = { width, height, channels: 1, density: input.density, data }
    return { output }
  },
})

function threshold(grey: Grey, { method, window, k }: Params, density: number): Uint8Array {
  if (method === 'sauvola') return sauvola(grey, { window: window ?? Math.round(density / 14) * 2 + 1, k })
  const level = otsuLevel(histogram(grey.data))
  return lookUp(
    grey.data,
    Uint8Array.from({ length: 256 }, (_, value) => (value > level ? 255 : 0)),
  )
}

function despeckle({ data, width, height }: { data: Uint8Array; width: number; height: number }, largest: number): void {
  const components = findComponents(data, width, height)
  eraseComponents(data, width, { components, unwanted: (root) => (components.area[root] as number) <= largest })
}

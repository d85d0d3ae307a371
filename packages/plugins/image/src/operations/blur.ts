import { defineOperation, image } from '@imagedoc/core'
import { z } from 'zod'
import { collectPixels, openPixels } from '../codec/raw.ts'
import { sharpEngine } from '../sharp-engine.ts'

const params = z.strictObject({
  sigma: z.number().min(0.3).max(100).default(1).meta({ unit: 'px' }).describe('Standard deviation of the Gaussian, in pixels.'),
})

/** Smooths the page with a Gaussian. */
export const blur = defineOperation({
  name: 'image.blur',
  version: 1,
  summary: 'Smooth the page with a Gaussian.',
  input: image,
  output: image,
  params,
  traits: { cost: 'light', blocking: false },
  engines: [sharpEngine],
  example: { sigma: 0.8 },
  run: async ({ input, params }) => {
    const output = await collectPixels(openPixels(input).blur(params.sigma), { grey: input.channels === 1, density: input.density })
    return { output }
  },
})

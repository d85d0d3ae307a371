import { defineOperation, image } from '@imagedoc/core'
import { z } from 'zod'
import { toGrey } from '../filters/grey.ts'
import { inBands } from './in-bands.ts'

/** Turns colour to grey by luminance; what is transparent becomes white. */
export const grayscale = defineOperation({
  name: 'image.grayscale',
  version: 1,
  summary: 'Turn colour to grey, one channel.',
  input: image,
  output: image,
  params: z.strictObject({}),
  traits: { cost: 'light', blocking: false },
  example: {},
  run: async ({ input, context: { signal } }) => {
    if (input.channels === 1) return { output: input }
    return { output: await inBands(input, { channels: 1, signal }, (band, out) => void toGrey(band, out)) }
  },
})

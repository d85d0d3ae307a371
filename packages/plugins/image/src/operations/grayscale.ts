import { defineOperation, image, type Pixels } from '@imagedoc/core'
import { z } from 'zod'
import { toGrey } from '../filters/grey.ts'

/** Turns colour to grey by luminance; what is transparent becomes white. */
export const grayscale = defineOperation({
  name: 'image.grayscale',
  version: 1,
  summary: 'Turn colour to grey, one channel.',
  input: image,
  output: image,
  params: z.strictObject({}),
  traits: { cost: 'light' },
  example: {},
  run: ({ input }) => {
    const output: Pixels = { ...toGrey(input), channels: 1, density: input.density }
    return { output }
  },
})

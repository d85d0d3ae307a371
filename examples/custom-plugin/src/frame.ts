import { colour, defineOperation, ImageDocError, image, parseColour, pixels, translation } from '@imagedoc/core'
import { z } from 'zod'

/** Draws a frame around the page: the result is larger, and its matrix says where the page lies in it. */
export const frame = defineOperation({
  name: 'example.frame',
  version: 1,
  summary: 'Put a frame around the page.',
  input: image,
  output: image,
  params: z.strictObject({
    width: pixels.default(20).meta({ unit: 'px', description: 'Width of the frame, in pixels.' }),
    colour: colour.default('#000000').meta({ description: 'Colour of the frame.' }),
  }),
  example: { width: 40, colour: '#804000' },
  run({ input, params, context }) {
    const width = input.width + 2 * params.width
    const height = input.height + 2 * params.width
    if (width * height > context.limits.pixels) {
      throw new ImageDocError('TOO_MANY_PIXELS', `A frame of ${params.width} pixels makes the page too large.`, { path: 'with.width' })
    }
    const data = new Uint8Array(width * height * input.channels)
    const ink = inkOf(params.colour, input.channels)
    for (let i = 0; i < data.length; i++) data[i] = ink[i % input.channels] ?? 0
    const row = input.width * input.channels
    for (let y = 0; y < input.height; y++) {
      data.set(input.data.subarray(y * row, (y + 1) * row), ((y + params.width) * width + params.width) * input.channels)
    }
    return { output: { ...input, width, height, data }, matrix: translation(-params.width, -params.width) }
  },
})

/** The colour in the page's own channels; grey by ITU-R BT.601. */
function inkOf(value: string, channels: number): readonly number[] {
  const { r, g, b, alpha } = parseColour(value)
  return channels === 1 ? [Math.round(0.299 * r + 0.587 * g + 0.114 * b)] : [r, g, b, alpha]
}

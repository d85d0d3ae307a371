import { defineOperation, ImageDocError, image, type Length, length, type Pixels, type Span, toSpan, translation } from '@imagedoc/core'
import { z } from 'zod'
import { inBands } from './in-bands.ts'

const params = z.strictObject({
  left: length.default(0).meta({ edge: 'width' }).describe('From the left edge to the rectangle; pixels, or a percentage of the width.'),
  top: length.default(0).meta({ edge: 'height' }).describe('From the top edge to the rectangle; pixels, or a percentage of the height.'),
  width: length.meta({ edge: 'width' }).describe('Width of the rectangle; pixels, or a percentage of the width.'),
  height: length.meta({ edge: 'height' }).describe('Height of the rectangle; pixels, or a percentage of the height.'),
})

/** Cuts a rectangle out of the page; the density stays. @throws INVALID_PARAMETER when the rectangle is empty or not wholly on the page. */
export const crop = defineOperation({
  name: 'image.crop',
  version: 2,
  summary: 'Cut a rectangle out of the page.',
  input: image,
  output: image,
  params,
  traits: { cost: 'light', blocking: false },
  example: { left: '5%', top: '5%', width: '90%', height: '90%' },
  run: async ({ input, params, context: { signal } }) => {
    const { start: left, size: width } = span(params.left, params.width, { total: input.width, names: ['left', 'width'] })
    const { start: top, size: height } = span(params.top, params.height, { total: input.height, names: ['top', 'height'] })
    const stride = input.width * input.channels
    const rows = { ...input, height, data: input.data.subarray(top * stride, (top + height) * stride) }
    return { output: await inBands(rows, { width, signal }, (band, out) => cutColumns(band, out, left)), matrix: translation(left, top) }
  },
})

/** A start and a size along one edge, in whole pixels; which parameter is wrong is said by name. */
function span(from: Length, size: Length, edge: { total: number; names: [string, string] }): Span {
  const { total, names } = edge
  const pixels = toSpan(from, size, total)
  if (pixels.size < 1) throw refused(names[1], `"${names[1]}" comes to ${pixels.size} pixels; it must be at least 1.`)
  if (pixels.start >= total) throw refused(names[0], `"${names[0]}" is ${pixels.start}, but the page is only ${total} pixels there.`)
  if (pixels.start + pixels.size <= total) return pixels
  throw refused(names[1], `"${names[0]}" ${pixels.start} plus "${names[1]}" ${pixels.size} reaches beyond the page's ${total} pixels.`)
}

function refused(parameter: string, why: string): ImageDocError {
  return new ImageDocError(
    'INVALID_PARAMETER',
    `The rectangle does not lie on the page: ${why} Choose a smaller one, or use percentages.`,
    {
      path: `with.${parameter}`,
      details: { parameter },
    },
  )
}

function cutColumns({ channels, data, width, height }: Pixels, out: Uint8Array, left: number): void {
  const row = out.length / height
  for (let y = 0; y < height; y++) {
    const from = (y * width + left) * channels
    out.set(data.subarray(from, from + row), y * row)
  }
}

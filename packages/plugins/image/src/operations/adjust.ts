import { defineOperation, image, type Pixels } from '@imagedoc/core'
import { z } from 'zod'
import { lookUp } from '../filters/otsu.ts'
import { inBands } from './in-bands.ts'

const factor = z.number().min(0).max(10).default(1)
const params = z.strictObject({
  brightness: factor.describe('Multiplies every value; 1 changes nothing.'),
  contrast: factor.describe('Spreads the values about middle grey; 1 changes nothing, 0 leaves only grey.'),
  saturation: factor.describe('Spreads the colours about their grey; 1 changes nothing, 0 leaves only grey.'),
  gamma: z.number().min(0.1).max(10).default(1).describe('Above 1 lightens the middle values, below 1 darkens them; black and white stay.'),
})
type Params = z.output<typeof params>

/** Changes light and colour, in this order: brightness, contrast, gamma, saturation. Transparency stays. */
export const adjust = defineOperation({
  name: 'image.adjust',
  version: 1,
  summary: 'Change brightness, contrast, saturation and gamma.',
  input: image,
  output: image,
  params,
  traits: { cost: 'light', blocking: false },
  example: { contrast: 1.3, gamma: 0.9 },
  run: async ({ input, params, context: { signal } }) => {
    const tone: Tone = { table: toneCurve(params), saturation: params.saturation }
    return { output: await inBands(input, { signal }, (band, out) => adjustBand(band, tone, out)) }
  },
})

interface Tone {
  /** Every value by its brightness, contrast and gamma. */
  readonly table: Uint8Array
  readonly saturation: number
}

function adjustBand(band: Pixels, { table, saturation }: Tone, out: Uint8Array): void {
  const { channels, data } = band
  if (channels === 4) out.set(data)
  if (saturation !== 1 && channels > 1) saturate(band, { table, saturation }, out)
  else if (channels === 4) lookUpColours(data, table, out)
  else lookUp(data, table, out)
}

function toneCurve({ brightness, contrast, gamma }: Params): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => {
    const lit = value * brightness
    const spread = Math.min(255, Math.max(0, (lit - 127.5) * contrast + 127.5))
    return Math.round(255 * (spread / 255) ** (1 / gamma))
  })
}

function lookUpColours(data: Uint8Array, table: Uint8Array, out: Uint8Array): void {
  for (let at = 0; at < data.length; at += 4) for (let c = 0; c < 3; c++) out[at + c] = table[data[at + c] as number] as number
}

/** Moves each channel away from (or towards) the luma of ITU-R BT.709, in whole 1/256 steps. */
function saturate({ channels, data }: Pixels, { table, saturation }: Tone, out: Uint8Array): void {
  const strength = Math.round(saturation * 256)
  for (let at = 0; at < data.length; at += channels) {
    const red = table[data[at] as number] as number
    const green = table[data[at + 1] as number] as number
    const blue = table[data[at + 2] as number] as number
    const luma = (54 * red + 183 * green + 19 * blue + 128) >> 8
    out[at] = clamped(luma + (((red - luma) * strength + 128) >> 8))
    out[at + 1] = clamped(luma + (((green - luma) * strength + 128) >> 8))
    out[at + 2] = clamped(luma + (((blue - luma) * strength + 128) >> 8))
  }
}

const clamped = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value)

import type { Pixels } from '@imagedoc/core'

/** A calibrated colour space: exponents by channel, and the map from linear values to XYZ. @see PDF 32000-1, 8.6.5.2 and 8.6.5.3 */
export interface Calibrated {
  gamma: readonly number[]
  /** X, Y and Z of red, then of green and blue; undefined for grey. */
  matrix: readonly number[] | undefined
  white: readonly number[]
}

const D65 = [0.9505, 1, 1.089]
/** IEC 61966-2-1: from XYZ to linear sRGB. */
const fromXyz = [
  [3.2406, -1.5372, -0.4986],
  [-0.9689, 1.8758, 0.0415],
  [0.0557, -0.204, 1.057],
] as const

/** Reads the space from an image's dictionary where it stands there in full; undefined when it does not. */
export function readCalibrated(dictionary: string): Calibrated | undefined {
  const found = /\[\s*\/Cal(RGB|Gray)\s*<<([^>]*)>>/.exec(dictionary)
  const [, kind, body = ''] = found ?? []
  const white = numbersIn(body, 'WhitePoint')
  if (found === null || white?.length !== 3) return undefined
  if (kind === 'Gray') return { gamma: numbersIn(body, 'Gamma') ?? [1], matrix: undefined, white }
  const gamma = numbersIn(body, 'Gamma') ?? [1, 1, 1]
  const matrix = numbersIn(body, 'Matrix') ?? [1, 0, 0, 0, 1, 0, 0, 0, 1]
  return gamma.length === 3 && matrix.length === 9 ? { gamma, matrix, white } : undefined
}

function numbersIn(body: string, name: string): number[] | undefined {
  const text = new RegExp(`/${name}\\s*(?:\\[([^\\]]*)\\]|(-?[\\d.]+))`).exec(body)
  const values = (text?.[1] ?? text?.[2])?.trim().split(/\s+/).map(Number)
  return values?.every(Number.isFinite) ? values : undefined
}

/** Pixels of stored values as sRGB, in place. */
export function calibratedToSrgb(pixels: Pixels, space: Calibrated): Pixels {
  const { data, channels } = pixels
  const { matrix } = space
  const linear = [0, 1, 2].map((channel) => powers(space.gamma[channel] ?? space.gamma[0] ?? 1))
  if (matrix === undefined || channels === 1) {
    // Equal values of a calibrated RGB are grey: its white is the white of the page.
    for (let at = 0; at < data.length; at++) data[at] = encode(linear[1]?.[data[at] as number] ?? 0)
    return pixels
  }
  const rows = fromXyz.map((row) => [0, 1, 2].map((from) => row.reduce((sum, factor, axis) => sum + factor * toD65(space, from, axis), 0)))
  const [red, green, blue] = linear as [Float64Array, Float64Array, Float64Array]
  for (let at = 0; at < data.length; at += channels) {
    const r = red[data[at] as number] as number
    const g = green[data[at + 1] as number] as number
    const b = blue[data[at + 2] as number] as number
    for (let channel = 0; channel < 3; channel++) {
      const [x = 0, y = 0, z = 0] = rows[channel] ?? []
      data[at + channel] = encode(x * r + y * g + z * b)
    }
  }
  return pixels
}

const powers = (gamma: number): Float64Array => Float64Array.from({ length: 256 }, (_, value) => (value / 255) ** gamma)

/** An element of the map to XYZ under the white of sRGB. */
function toD65({ white, matrix }: Calibrated, from: number, axis: number): number {
  return ((matrix?.[from * 3 + axis] ?? 0) * (D65[axis] ?? 1)) / (white[axis] || 1)
}

const STEPS = 16_384
const levels = Uint8Array.from({ length: STEPS + 1 }, (_, step) => {
  const value = step / STEPS
  return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055))
})
const encode = (linear: number): number => levels[Math.max(0, Math.min(STEPS, Math.round(linear * STEPS)))] ?? 0

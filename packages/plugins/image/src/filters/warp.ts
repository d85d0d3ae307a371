import type { Matrix, Pixels } from '@imagedoc/core'
import type { Outside } from './surroundings.ts'

/** Where a warped image takes its pixels from. */
export interface Warp {
  /** From the output's coordinates to the input's. */
  matrix: Matrix
  width: number
  height: number
  /** What lies outside the input. */
  outside: Outside
}

/** Resamples an image through a homography, between four neighbours each. */
export function warp(input: Pixels, { matrix, width, height, outside }: Warp): Pixels {
  const { channels } = input
  const out = new Uint8Array(width * height * channels)
  const sample = channels === 1 ? sampleGrey : sampleColour
  const [a, b, c, d, e, f, g, h, i] = matrix
  for (let y = 0; y < height; y++) {
    const cy = y + 0.5
    const row: Row = { u: b * cy + c, v: e * cy + f, w: h * cy + i, du: a, dv: d, dw: g, at: y * width * channels, width }
    sample(input, out, { row, outside })
  }
  return { ...input, width, height, data: out }
}

interface Row {
  u: number
  v: number
  w: number
  du: number
  dv: number
  dw: number
  at: number
  width: number
}

function sampleGrey({ width, height, data }: Pixels, out: Uint8Array, { row, outside }: { row: Row; outside: Outside }): void {
  for (let x = 0; x < row.width; x++) {
    const cx = x + 0.5
    const scale = 1 / (row.w + row.dw * cx)
    const u = (row.u + row.du * cx) * scale - 0.5
    const v = (row.v + row.dv * cx) * scale - 0.5
    if (u < -0.5 || v < -0.5 || u > width - 0.5 || v > height - 0.5) {
      outside(u, v, { out, at: row.at + x })
      continue
    }
    const cu = u < 0 ? 0 : u > width - 1 ? width - 1 : u
    const cv = v < 0 ? 0 : v > height - 1 ? height - 1 : v
    const iu = cu | 0
    const iv = cv | 0
    const fu = cu - iu
    const fv = cv - iv
    const at = iv * width + iu
    const right = iu < width - 1 ? 1 : 0
    const below = iv < height - 1 ? width : 0
    const top = (data[at] as number) + ((data[at + right] as number) - (data[at] as number)) * fu
    const bottom = (data[at + below] as number) + ((data[at + below + right] as number) - (data[at + below] as number)) * fu
    out[row.at + x] = top + (bottom - top) * fv + 0.5
  }
}

function sampleColour({ width, height, channels, data }: Pixels, out: Uint8Array, { row, outside }: { row: Row; outside: Outside }): void {
  for (let x = 0; x < row.width; x++) {
    const to = row.at + x * channels
    const cx = x + 0.5
    const scale = 1 / (row.w + row.dw * cx)
    const u = (row.u + row.du * cx) * scale - 0.5
    const v = (row.v + row.dv * cx) * scale - 0.5
    if (u < -0.5 || v < -0.5 || u > width - 0.5 || v > height - 0.5) {
      outside(u, v, { out, at: to })
      continue
    }
    const cu = u < 0 ? 0 : u > width - 1 ? width - 1 : u
    const cv = v < 0 ? 0 : v > height - 1 ? height - 1 : v
    const iu = cu | 0
    const iv = cv | 0
    const fu = cu - iu
    const fv = cv - iv
    const at = (iv * width + iu) * channels
    const right = iu < width - 1 ? channels : 0
    const below = iv < height - 1 ? width * channels : 0
    for (let n = 0; n < channels; n++) {
      const top = (data[at + n] as number) + ((data[at + right + n] as number) - (data[at + n] as number)) * fu
      const bottom = (data[at + below + n] as number) + ((data[at + below + right + n] as number) - (data[at + below + n] as number)) * fu
      out[to + n] = top + (bottom - top) * fv + 0.5
    }
  }
}

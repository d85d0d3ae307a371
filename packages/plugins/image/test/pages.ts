import type { Pixels } from '@imagedoc/core'

/** Pixels from a function of the place, 300 dots an inch; an array gives the channels. */
export function paint(width: number, height: number, colour: (x: number, y: number) => number | readonly number[]): Pixels {
  const first = colour(0, 0)
  const channels = (typeof first === 'number' ? 1 : first.length) as Pixels['channels']
  const data = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = colour(x, y)
      data.set(typeof value === 'number' ? [value] : value, (y * width + x) * channels)
    }
  }
  return { width, height, channels, density: 300, data }
}

/** One channel's value at a place. */
// biome-ignore lint/complexity/useMaxParams: a place is two numbers
export function at(pixels: Pixels, x: number, y: number, channel = 0): number {
  return pixels.data[(Math.floor(y) * pixels.width + Math.floor(x)) * pixels.channels + channel] as number
}

/** Reproducible random numbers from 0 to 1 (mulberry32). */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export interface PageOptions {
  width?: number
  height?: number
  /** Degrees clockwise. */
  skew?: number
  seed?: number
  paper?: number
  ink?: number
  noise?: number
}

/** A page of made-up writing: lines of letter-sized blocks, some with ascenders and descenders, turned about the page's centre. */
export function writtenPage(options: PageOptions = {}): Pixels {
  const { width = 1240, height = 1754, skew = 0, seed = 1, paper = 230, ink = 40, noise = 0 } = options
  const next = random(seed)
  const cells = new Map<number, { from: number; to: number; top: number; bottom: number }[]>()
  const pitch = 46
  for (let line = 4; line * pitch < height - 150; line++) {
    const letters = []
    const end = width - 140 - next() * 300
    for (let x = 140; x < end; ) {
      const wide = 8 + next() * 12
      const kind = next()
      letters.push({ from: x, to: x + wide, top: line * pitch - (kind > 0.7 ? 26 : 18), bottom: line * pitch + (kind < 0.1 ? 8 : 0) })
      x += wide + (next() > 0.82 ? 16 : 4)
    }
    cells.set(line, letters)
  }
  const [cos, sin] = [Math.cos((skew * Math.PI) / 180), Math.sin((skew * Math.PI) / 180)]
  const inked = (px: number, py: number): boolean => {
    const [dx, dy] = [px - width / 2, py - height / 2]
    const x = cos * dx + sin * dy + width / 2
    const y = -sin * dx + cos * dy + height / 2
    const letters = cells.get(Math.ceil((y - 8) / pitch)) ?? []
    return letters.some((letter) => x >= letter.from && x < letter.to && y >= letter.top && y < letter.bottom)
  }
  return paint(width, height, (x, y) => {
    let covered = 0
    for (const [ox, oy] of [
      [0.25, 0.25],
      [0.75, 0.25],
      [0.25, 0.75],
      [0.75, 0.75],
    ] as const)
      if (inked(x + ox, y + oy)) covered++
    const value = paper + ((ink - paper) * covered) / 4 + (noise ? (next() - 0.5) * noise : 0)
    return Math.max(0, Math.min(255, Math.round(value)))
  })
}

/** The middle of all pixels darker than 128, in the coordinates of the page (pixel centres at .5). */
export function darkCentre(pixels: Pixels): [number, number] {
  let [n, sx, sy] = [0, 0, 0]
  for (let y = 0; y < pixels.height; y++) {
    for (let x = 0; x < pixels.width; x++) {
      const weight = 255 - at(pixels, x, y)
      if (weight < 64) continue
      n += weight
      sx += weight * (x + 0.5)
      sy += weight * (y + 0.5)
    }
  }
  return [sx / n, sy / n]
}

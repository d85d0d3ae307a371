import type { Points } from './text-edges.ts'

/** How the text lines of a page run. With X and Y counted from the page's centre, the line through (0, c) is `Y = c + (slope + fan * c) * X`. */
export interface LineField {
  /** Of the middle line; positive when lines fall to the right. */
  readonly slope: number
  /** How much the slope grows per pixel downwards: lines that meet in a point, as in a photograph taken at an angle. */
  readonly fan: number
  /** 0 to about 1: how much the lines stand out against every other direction. */
  readonly confidence: number
}

/** Steps of slope and of fan (over half the page's height), and how many each way: the peak is sharp, but has no other near it. */
const refinements = [
  { slope: 0.002, fan: 0.01, reach: 4 },
  { slope: 0.001, fan: 0.004, reach: 4 },
  { slope: 0.0004, fan: 0.002, reach: 4 },
  { slope: 0.0001, fan: 0.0005, reach: 5 },
] as const
const COARSE = 0.004
/** A fan smaller than this, over half the page's height, is noise of the measurement: about 0.2 degrees. */
const LEAST_FAN = 0.0035

/** Finds the slope (and the fan, when asked) at which the projection of the points is sharpest: text lines stack up, gaps stay empty. */
export function estimateLines(points: Points, size: Size, options: { limit: number; fan: boolean }): LineField {
  const profile = createProfile(points, size)
  const coarse = sweep(profile, Math.tan((options.limit * Math.PI) / 180))
  const straight = refine(profile, coarse.peak, { height: size.height, fan: false })
  const fanned = options.fan ? refine(profile, coarse.peak, { height: size.height, fan: true }) : straight
  const { slope, fan, score } = Math.abs(fanned.fan) * (size.height / 2) < LEAST_FAN ? straight : fanned
  return { slope, fan, confidence: score > 0 ? (score - coarse.usual) / score : 0 }
}

interface Size {
  width: number
  height: number
}
interface Peak {
  slope: number
  fan: number
  score: number
}
type Profile = (slope: number, fan: number) => number

function sweep(profile: Profile, limit: number): { peak: Peak; usual: number } {
  const steps = Math.ceil(limit / COARSE)
  const peaks = Array.from({ length: 2 * steps + 1 }, (_, step) => {
    const slope = Math.min(limit, Math.max(-limit, (step - steps) * COARSE))
    return { slope, fan: 0, score: profile(slope, 0) }
  })
  const sorted = peaks.toSorted((a, b) => a.score - b.score)
  return { peak: sorted.at(-1) as Peak, usual: (sorted[sorted.length >> 1] as Peak).score }
}

function refine(profile: Profile, start: Peak, options: { height: number; fan: boolean }): Peak {
  let best = start
  for (const step of refinements) {
    const around = best
    const fans = options.fan ? step.reach : 0
    for (let i = -step.reach; i <= step.reach; i++) {
      for (let j = -fans; j <= fans; j++) {
        const slope = around.slope + i * step.slope
        const fan = around.fan + (j * step.fan) / options.height
        const score = profile(slope, fan)
        if (score > best.score) best = { slope, fan, score }
      }
    }
  }
  return best
}

/** Sharpness of the projection along lines of a slope and a fan: the sum of squared steps between neighbouring bins. */
function createProfile({ count, x, y }: Points, { width, height }: Size): Profile {
  const margin = Math.ceil(width * 0.4) + 2
  const bins = new Int32Array(height + 2 * margin)
  return (slope, fan) => {
    bins.fill(0)
    for (let i = 0; i < count; i++) {
      const dx = (x[i] as number) - width / 2
      const dy = (y[i] as number) - height / 2
      const line = ((dy - slope * dx) / (1 + fan * dx) + height / 2 + margin) | 0
      if (line >= 0 && line < bins.length) bins[line]! += 1
    }
    let sum = 0
    for (let i = 1; i < bins.length; i++) sum += ((bins[i] as number) - (bins[i - 1] as number)) ** 2
    return sum
  }
}

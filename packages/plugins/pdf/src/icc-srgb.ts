/** sRGB's primaries as a profile has them: adapted to D50 (IEC 61966-2-1, annex; ICC's own sRGB profiles). */
const primaries: Readonly<Record<string, readonly number[]>> = {
  rXYZ: [0.4361, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7141],
}
/** Of the primaries, and of a curve: less than one level of 256. */
const TOLERANCE = 0.003
const PROBES = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9]

type Curve = (value: number) => number

/**
 * True for a profile by which the same numbers mean the same colours as in sRGB: three primaries and three curves alike, and no tables.
 * Names say nothing: profiles are edited.
 * @see ICC.1:2022, 9.2 and 10
 */
export function isSrgb(profile: Uint8Array): boolean {
  try {
    const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength)
    const tags = readTags(view)
    if (nameAt(view, 16) !== 'RGB ' || [...tags.keys()].some((tag) => tag.startsWith('A2B') || tag.startsWith('D2B'))) return false
    const fits = Object.entries(primaries).every(([tag, xyz]) => alike(xyz, tags.get(tag), view))
    return fits && ['rTRC', 'gTRC', 'bTRC'].every((tag) => isSrgbCurve(readCurve(view, tags.get(tag))))
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function readTags(view: DataView): Map<string, number> {
  const tags = new Map<string, number>()
  for (let index = 0, at = 132; index < Math.min(view.getUint32(128), 100); index++, at += 12)
    tags.set(nameAt(view, at), view.getUint32(at + 4))
  return tags
}

const nameAt = (view: DataView, at: number): string =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3))

const fixed = (view: DataView, at: number): number => view.getInt32(at) / 65_536

function alike(xyz: readonly number[], at: number | undefined, view: DataView): boolean {
  return at !== undefined && xyz.every((value, index) => Math.abs(fixed(view, at + 8 + index * 4) - value) <= TOLERANCE)
}

function isSrgbCurve(curve: Curve | undefined): boolean {
  return curve !== undefined && PROBES.every((value) => Math.abs(curve(value) - srgbToLinear(value)) <= TOLERANCE)
}

const srgbToLinear: Curve = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)

function readCurve(view: DataView, at: number | undefined): Curve | undefined {
  if (at === undefined) return undefined
  const type = nameAt(view, at)
  if (type === 'para') return parametric(view, at)
  if (type !== 'curv') return undefined
  const count = view.getUint32(at + 8)
  if (count === 0) return (value) => value
  if (count === 1) return (value) => value ** (view.getUint16(at + 12) / 256)
  return (value) => {
    const place = value * (count - 1)
    const low = Math.min(Math.floor(place), count - 2)
    const [one, other] = [view.getUint16(at + 12 + low * 2), view.getUint16(at + 14 + low * 2)]
    return (one + (other - one) * (place - low)) / 65_535
  }
}

/** Function types 0, 3 and 4: those that sRGB is written with. */
function parametric(view: DataView, at: number): Curve | undefined {
  const type = view.getUint16(at + 8)
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from({ length: [1, 0, 0, 5, 7][type] ?? 0 }, (_, index) =>
    fixed(view, at + 12 + index * 4),
  )
  if (type === 0) return (value) => value ** g
  if (type !== 3 && type !== 4) return undefined
  return (value) => (value >= d ? (a * value + b) ** g + e : c * value + f)
}

/** What a file claims of its pixels, along its stored axes. */
export interface Resolution {
  /** Pixels per inch, or a bare proportion when `unit` is false. */
  readonly x: number
  readonly y: number
  /** False when only the shape of the pixels is said, not their size. */
  readonly unit: boolean
}

const PER_CM = 2.54
const LETTERS = 6

/** A claim of two numbers: one that is not positive is taken from the other, and without either there is no claim. */
export function resolutionOf(x: number, y: number, unit: 'inch' | 'cm' | 'none'): Resolution | null {
  const [a, b] = [x, y].map((value) => (Number.isFinite(value) && value > 0 ? value : 0)) as [number, number]
  if (a === 0 && b === 0) return null
  // A proportion needs both of its sides.
  if (unit === 'none') return a > 0 && b > 0 && a !== b ? { x: a, y: b, unit: false } : null
  const factor = unit === 'cm' ? PER_CM : 1
  return { x: (a || b) * factor, y: (b || a) * factor, unit: true }
}

/**
 * XResolution, YResolution and ResolutionUnit of an EXIF block, with or without the letters "Exif" before it; a damaged block says nothing.
 * @see EXIF 2.32, 4.6.4 A: the unit is inches when it is left out
 */
export function exifResolution(block: Uint8Array | undefined): Resolution | null {
  if (block === undefined) return null
  const letters = new TextDecoder('latin1').decode(block.subarray(0, LETTERS)) === 'Exif\0\0' ? LETTERS : 0
  const view = new DataView(block.buffer, block.byteOffset + letters, block.byteLength - letters)
  try {
    const little = view.getUint16(0) === 0x4949
    const directory = view.getUint32(4, little)
    const found: Record<number, number> = {}
    for (let index = 0; index < view.getUint16(directory, little); index++) {
      const entry = directory + 2 + index * 12
      const tag = view.getUint16(entry, little)
      if (tag === 0x11a || tag === 0x11b) found[tag] = rational(view, view.getUint32(entry + 8, little), little)
      if (tag === 0x128) found[tag] = view.getUint16(entry + 8, little)
    }
    const unit = found[0x128] ?? 2
    return resolutionOf(found[0x11a] ?? 0, found[0x11b] ?? 0, unit === 3 ? 'cm' : unit === 1 ? 'none' : 'inch')
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return null
  }
}

const rational = (view: DataView, at: number, little: boolean): number => view.getUint32(at, little) / view.getUint32(at + 4, little)

/** What programs write that know nothing: 72 is the default by EXIF 2.32, 25.4 is libvips's pixel a millimetre. */
const NOTHING_KNOWN = [72, 25.4]

/**
 * Of two claims in one file the one that knows more: one with a unit, and one that is no number which programs write for want of one. Where
 * both know, EXIF: so do libvips and exiftool's composite.
 */
export function betterClaim(exif: Resolution | null, own: Resolution | null): Resolution | null {
  if (exif === null || own === null) return exif ?? own
  if (!exif.unit) return own
  if (!own.unit) return exif
  return isDefault(exif) ? own : exif
}

const isDefault = ({ x, y }: Resolution): boolean => x === y && NOTHING_KNOWN.includes(x)

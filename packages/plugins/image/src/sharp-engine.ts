import type { Engine } from '@imagedoc/core'
import sharp from 'sharp'

/** Versions that decide over pixels. */
export const sharpVersions = { sharp: sharp.versions.sharp ?? 'unknown', vips: sharp.versions.vips }

/** sharp, in this process. Its versions are in the key of every operation that lets it compute. */
export const sharpEngine: Engine<object> = {
  id: 'sharp',
  available: async () => ({ ok: true }),
  fingerprint: async () => sharpVersions,
  open: async () => ({ [Symbol.asyncDispose]: async () => {} }),
}

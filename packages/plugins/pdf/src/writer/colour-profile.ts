import { createHash } from 'node:crypto'
import type { PDFDocument, PDFRef } from '@cantoo/pdf-lib'

/** Colour spaces that a PDF takes from a profile, with their components (PDF 32000-1, 8.6.5.5), and what stands for them without one. */
const spaces: Readonly<Record<string, { components: number; device: string }>> = {
  GRAY: { components: 1, device: 'DeviceGray' },
  'RGB ': { components: 3, device: 'DeviceRGB' },
  CMYK: { components: 4, device: 'DeviceCMYK' },
}
/** Scanners, monitors, printers and colour spaces; a link between two devices is no description of colours. */
const classes = new Set(['scnr', 'mntr', 'prtr', 'spac'])
/** PDF 1.7 reads ICC.1:2004-10. */
const NEWEST_VERSION = 4
const HEADER_BYTES = 128

/** A profile that a PDF can hold. */
export interface ColourProfile {
  bytes: Uint8Array
  components: number
  device: string
}

/** The profile, when a PDF can hold it; undefined when it is none, damaged, or newer than PDF. @see ICC.1:2022, 7.2 */
export function readProfile(bytes: Uint8Array | undefined): ColourProfile | undefined {
  if (bytes === undefined || bytes.length < HEADER_BYTES + 4) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const space = spaces[text(bytes, 16)]
  const size = view.getUint32(0)
  if (space === undefined || text(bytes, 36) !== 'acsp' || size > bytes.length || size < HEADER_BYTES) return undefined
  if ((bytes[8] ?? 0) > NEWEST_VERSION || !classes.has(text(bytes, 12))) return undefined
  return { bytes: bytes.subarray(0, size), ...space }
}

/** Profiles of one document: each is stored once, however many images have it. */
export interface ProfileStore {
  /** The colour space of an image with this profile. */
  space(profile: ColourProfile): readonly ['ICCBased', PDFRef]
}

/** For one document. */
export function createProfileStore({ context }: PDFDocument): ProfileStore {
  const stored = new Map<string, PDFRef>()
  return {
    space({ bytes, components, device }) {
      const digest = createHash('sha256').update(bytes).digest('hex')
      const ref = stored.get(digest) ?? context.register(context.flateStream(bytes, { N: components, Alternate: device }))
      stored.set(digest, ref)
      return ['ICCBased', ref]
    },
  }
}

const text = (bytes: Uint8Array, at: number): string => Buffer.from(bytes.subarray(at, at + 4)).toString('latin1')

/** What the dictionary of an image's stream says beyond its pixels. */
export interface ImageDictionary {
  /** It has a mask, or is one: what shows is not the image alone. */
  masked: boolean
  /** It is itself a stencil: its pixels are where the paint goes. */
  stencil: boolean
  /** It is in a layer, which may be switched off. */
  layered: boolean
  /** Its samples are mapped (/Decode), so that the stored ones look different. */
  decoded: boolean
}

const LONGEST_DICTIONARY = 8192
const MOST_TRIES = 32

/**
 * Finds the dictionary of the image whose stored bytes are `raw`. PDFium does not tell of masks and /Decode; but a stream is never inside
 * an object stream, so its dictionary stands in the file as plain text right before its bytes (PDF 32000-1, 7.3.8). Undefined for an
 * inline image and in an encrypted file, where the stored bytes are not in the file.
 */
export function findImageDictionary(file: Uint8Array, raw: Uint8Array): ImageDictionary | undefined {
  if (raw.length === 0) return undefined
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  // The bytes of a tiny image may turn up inside another stream first.
  for (let at = bytes.indexOf(raw), tries = 0; at >= 0 && tries < MOST_TRIES; at = bytes.indexOf(raw, at + 1), tries++) {
    const before = bytes.toString('latin1', Math.max(0, at - LONGEST_DICTIONARY), at)
    const end = /stream\r?\n$/.exec(before)?.index ?? -1
    const start = before.lastIndexOf(' obj', end)
    if (end >= 0 && start >= 0) return parse(before.slice(start, end))
  }
  return undefined
}

function parse(dictionary: string): ImageDictionary {
  const decode = /\/Decode\s*\[([^\]]*)\]/.exec(dictionary)?.[1]
  const indirect = /\/Decode\s+\d/.test(dictionary)
  return {
    stencil: /\/ImageMask\s+true/.test(dictionary),
    layered: /\/OC\s*[\d<]/.test(dictionary),
    masked: /\/(SMask|Mask)\s*[[\d<]/.test(dictionary),
    decoded: indirect || (decode !== undefined && !/^\s*(0(\.0*)?\s+1(\.0*)?\s*)+$/.test(decode)),
  }
}

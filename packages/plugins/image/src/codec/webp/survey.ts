import type { Diagnostic } from '@imagedoc/core'
import { corrupt } from '../damage.ts'
import { framesLeftOut } from '../frames.ts'
import type { Survey } from '../raster.ts'

const latin1 = new TextDecoder('latin1')

/** Chunks without which nothing is shown. */
const picture: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'ALPH', 'ANMF'])

/**
 * What the chunks of a WebP tell. Its picture is one piece, of which a decoder gives back nothing when it is cut off.
 * @throws CORRUPT_INPUT when the picture is cut off or not there. @see RFC 9649, 2.3
 */
export function surveyWebp(bytes: Uint8Array): Survey {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const announced = bytes.length >= 8 ? 8 + view.getUint32(4, true) : 0
  let frames = 0
  let pictures = 0
  let whole = 12
  let cut = bytes.length < announced - (announced & 1)
  for (let at = 12; at + 8 <= Math.min(announced, bytes.length); ) {
    const type = latin1.decode(bytes.subarray(at, at + 4))
    const end = at + 8 + view.getUint32(at + 4, true)
    if (picture.has(type)) pictures++
    if (type === 'ANMF') frames++
    if (end > bytes.length) {
      if (picture.has(type) && frames <= 1) throw corrupt('the WebP is cut off inside its picture, and of that nothing can be decoded.')
      cut = true
    } else whole = end
    at = end + (end & 1)
  }
  if (pictures === 0) throw corrupt('the WebP holds no picture.')
  return {
    bytes: cut ? upTo(whole, bytes) : bytes,
    resolution: null,
    diagnostics: [...(frames > 1 ? [framesLeftOut(frames)] : []), ...(cut ? [cutBehind()] : [])],
    portable: frames <= 1 && !cut,
    damaged: false,
  }
}

/** The chunks up to `end` as a file of their own. */
function upTo(end: number, bytes: Uint8Array): Uint8Array {
  const file = Buffer.concat([bytes.subarray(0, end), new Uint8Array(end & 1)])
  file.writeUInt32LE(file.length - 8, 4)
  return file
}

function cutBehind(): Diagnostic {
  const message = 'The WebP is cut off behind its picture: what follows it, such as EXIF, is lost; the pixels are whole.'
  return { code: 'IMAGE_DAMAGED', severity: 'warning', message, details: { missing: 0 } }
}

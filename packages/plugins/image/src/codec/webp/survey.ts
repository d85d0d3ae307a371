import type { Diagnostic } from '@imagedoc/core'
import { type ByteSource, inMemory } from '../byte-source.ts'
import { corrupt } from '../damage.ts'
import { framesLeftOut } from '../frames.ts'
import type { Survey } from '../raster.ts'
import { announcedSize, readRiff } from './chunks.ts'

/** Chunks without which nothing is shown. */
const picture: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'ALPH', 'ANMF'])

/**
 * What the chunks of a WebP tell. Its picture is one piece, of which a decoder gives back nothing when it is cut off.
 * @throws CORRUPT_INPUT when the picture is cut off or not there. @see RFC 9649, 2.3
 */
export function surveyWebp(source: ByteSource): Survey {
  const announced = announcedSize(source)
  let frames = 0
  let pictures = 0
  let whole = 12
  let cut = source.size < announced - (announced & 1)
  for (const { type, end } of readRiff(source)) {
    if (picture.has(type)) pictures++
    if (type === 'ANMF') frames++
    if (end > source.size) {
      if (picture.has(type) && frames <= 1) throw corrupt('the WebP is cut off inside its picture, and of that nothing can be decoded.')
      cut = true
    } else whole = end
  }
  if (pictures === 0) throw corrupt('the WebP holds no picture.')
  return {
    source: cut ? inMemory(upTo(whole, source)) : source,
    resolution: null,
    diagnostics: [...(frames > 1 ? [framesLeftOut(frames)] : []), ...(cut ? [cutBehind()] : [])],
    portable: frames <= 1 && !cut,
    damaged: false,
  }
}

/** The chunks up to `end` as a file of their own. */
function upTo(end: number, source: ByteSource): Uint8Array {
  const file = Buffer.concat([source.read(0, end), new Uint8Array(end % 2)])
  file.writeUInt32LE(file.length - 8, 4)
  return file
}

function cutBehind(): Diagnostic {
  const message = 'The WebP is cut off behind its picture: what follows it, such as EXIF, is lost; the pixels are whole.'
  return { code: 'IMAGE_DAMAGED', severity: 'warning', message, details: { missing: 0 } }
}

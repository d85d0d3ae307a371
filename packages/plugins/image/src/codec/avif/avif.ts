import { ImageDocError } from '@imagedoc/core'
import type { ByteSource } from '../byte-source.ts'
import { corrupt } from '../damage.ts'
import type { RasterFormat, Survey } from '../raster.ts'

/** AVIF, of which one picture or a collection of them is read. */
export const avif: RasterFormat = { survey, failOn: 'truncated', pages: (header) => header.pages ?? 1 }

/**
 * What the boxes of an AVIF tell. A box that goes beyond the end is a picture that is cut off, of which the decoder gives back nothing.
 * @throws CORRUPT_INPUT when a box is cut off; UNSUPPORTED_MEDIA_TYPE for an image sequence. @see ISO/IEC 14496-12, 4.2
 */
function survey(source: ByteSource): Survey {
  const { size: total } = source
  const major = String.fromCharCode(...source.read(8, 12))
  if (major === 'avis') throw sequence()
  const types = new Set<string>()
  for (let at = 0; at + 8 <= total; ) {
    const head = Buffer.from(source.read(at, at + 16))
    const short = head.readUInt32BE(0)
    types.add(head.toString('latin1', 4, 8))
    const size = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short === 0 ? total - at : short
    if (size < 8 || at + size > total) throw corrupt('the AVIF is cut off inside its picture, and of that nothing can be decoded.')
    at += size
  }
  if (!types.has('meta')) throw corrupt('the AVIF is cut off before its picture.')
  return { source, resolution: null, diagnostics: [], portable: true, damaged: false }
}

function sequence(): ImageDocError {
  const message = 'The image is an AVIF image sequence (an animation), which is not supported. Save its first frame as PNG or AVIF.'
  return new ImageDocError('UNSUPPORTED_MEDIA_TYPE', message, { details: { encoding: 'AVIF image sequence' } })
}

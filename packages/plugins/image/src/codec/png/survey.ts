import { type Diagnostic, ImageDocError } from '@imagedoc/core'
import type { ByteSource } from '../byte-source.ts'
import { corrupt } from '../damage.ts'
import { framesLeftOut } from '../frames.ts'
import type { Survey } from '../raster.ts'
import { type Resolution, resolutionOf } from '../resolution.ts'
import { contentOf, type PngFile, partsOf, readChunks } from './chunks.ts'
import { isWhole } from './inflate.ts'
import { readLayout } from './layout.ts'
import { rescuePng } from './rescue.ts'

const PER_INCH = 0.0254

/** What the chunks of a PNG tell. @throws CORRUPT_INPUT without a header to be trusted; UNSUPPORTED_MEDIA_TYPE for Apple's own form */
export async function surveyPng(source: ByteSource, depth: 'header' | 'whole'): Promise<Survey> {
  const file = readChunks(source)
  const [header] = file.chunks
  if (header?.type === 'CgBI') throw appleForm()
  if (header?.type !== 'IHDR' || !header.sound) throw corrupt('its header is damaged, so its size is not known.')
  const layout = readLayout(contentOf(source, header))
  const data = file.chunks.filter(({ type }) => type === 'IDAT')
  const sound = file.ended && data.length > 0 && file.chunks.every((chunk) => chunk.sound)
  const frames = framesOf(file)
  return {
    source,
    resolution: physicalResolution(file),
    diagnostics: frames,
    portable: frames.length === 0,
    damaged: !sound || (depth === 'whole' && !(await isWhole(partsOf(source, data), layout.bytes))),
    rescue: () => rescuePng(file, layout),
  }
}

/** @see PNG (third edition), 11.3.4.3: unit 0 is a bare proportion, 1 is pixels per metre */
function physicalResolution({ source, chunks }: PngFile): Resolution | null {
  const chunk = chunks.find(({ type, sound }) => type === 'pHYs' && sound)
  const data = Buffer.from(chunk ? contentOf(source, chunk) : [])
  if (data.length < 9) return null
  const [x, y] = [data.readUInt32BE(0), data.readUInt32BE(4)]
  return data[8] === 1 ? resolutionOf(x * PER_INCH, y * PER_INCH, 'inch') : resolutionOf(x, y, 'none')
}

/** An animation (APNG) is its default image, which every PNG reader shows. */
function framesOf({ source, chunks }: PngFile): Diagnostic[] {
  const control = chunks.find(({ type, sound }) => type === 'acTL' && sound)
  const data = Buffer.from(control ? contentOf(source, control) : [])
  if (data.length < 4) return []
  const frames = data.readUInt32BE(0)
  return frames > 1 ? [framesLeftOut(frames)] : []
}

function appleForm(): ImageDocError {
  const message = "The image is a PNG in Apple's own form (CgBI), which is not supported. Export it as a plain PNG."
  return new ImageDocError('UNSUPPORTED_MEDIA_TYPE', message, { details: { encoding: 'CgBI PNG' } })
}

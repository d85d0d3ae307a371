import { type Diagnostic, isImageDocError } from '@imagedoc/core'
import { type ByteSource, inMemory } from '../byte-source.ts'
import { startsWith } from '../metadata/exif.ts'
import type { Survey } from '../raster.ts'
import { type Resolution, resolutionOf } from '../resolution.ts'
import { type Frame, readFrame } from './frame.ts'
import { type JpegFile, marker, readMarkers } from './markers.ts'
import { rescueJpeg } from './rescue.ts'

const JFIF_UNITS = ['none', 'inch', 'cm'] as const

/**
 * What the markers of a JPEG tell. Bytes that stand before a marker and belong to nothing are taken out: decoders pass over them, but not all do.
 * @throws UNSUPPORTED_MEDIA_TYPE for 12 bits, arithmetic coding, JPEG-LS and the like; CORRUPT_INPUT without a frame header
 */
export async function surveyJpeg(source: ByteSource, depth: 'header' | 'whole'): Promise<Survey> {
  const read = readMarkers(source)
  const frame = readFrame(read)
  const file = read.strays.length > 0 ? readMarkers(inMemory(withoutStrays(read))) : read
  const broken = !file.ended || !restartsInOrder(file, frame) || !isRefined(file, frame)
  return {
    source: file.source,
    resolution: jfifResolution(file),
    diagnostics: read.strays.length > 0 ? [strayBytes(read)] : [],
    portable: read.strays.length === 0 && !frame.lossless,
    damaged: broken || (depth === 'whole' && !frame.lossless && !(await isSound(file, frame))),
    rescue: () => rescueJpeg(file, frame),
    ...(frame.lossless ? {} : { verify: () => rescueJpeg(file, frame) }),
  }
}

/** True when every unit can be read, and nothing is left over. */
async function isSound(file: JpegFile, frame: Frame): Promise<boolean> {
  try {
    return (await rescueJpeg(file, frame)).diagnostic === undefined
  } catch (error) {
    if (isImageDocError(error)) return false
    throw error
  }
}

function withoutStrays({ source, strays }: JpegFile): Uint8Array {
  const kept: Uint8Array[] = []
  let at = 0
  for (const [from, to] of strays) {
    kept.push(source.read(at, from))
    at = to
  }
  return Buffer.concat([...kept, source.read(at, source.size)])
}

function strayBytes({ strays }: JpegFile): Diagnostic {
  const count = strays.reduce((sum, [from, to]) => sum + to - from, 0)
  const message = `The JPEG has ${count} bytes that belong to nothing before a marker; they were passed over.`
  return { code: 'STRAY_BYTES', severity: 'info', message, details: { bytes: count } }
}

/** The density in the JFIF header. @see JFIF 1.02: units 0 is a bare proportion, 1 dots per inch, 2 per centimetre */
function jfifResolution({ source, segments }: JpegFile): Resolution | null {
  const app0 = segments.find(({ marker: code }) => code === marker.app0)
  const head = app0 && source.read(app0.start, app0.start + 12)
  if (head === undefined || head.length < 12 || !startsWith(head, 'JFIF\0')) return null
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const unit = JFIF_UNITS[head[7] ?? 0]
  return unit === undefined ? null : resolutionOf(view.getUint16(8), view.getUint16(10), unit)
}

/** False when passes of a progressive file are missing: a coefficient was never sent, or not to its last bit (T.81, G.1.1.1). */
function isRefined({ source, segments }: JpegFile, { progressive, components }: Frame): boolean {
  if (!progressive) return true
  const left = new Map(components.map(({ id }) => [id, new Uint8Array(64).fill(255)]))
  for (const { marker: code, start, end } of segments) {
    if (code !== marker.sos) continue
    const payload = source.read(start, end)
    const count = payload[0] ?? 0
    const [from = 0, to = 0, approximation = 0] = payload.subarray(1 + count * 2)
    for (let index = 0; index < count; index++) left.get(payload[1 + index * 2] ?? 0)?.fill(approximation & 15, from, to + 1)
  }
  return [...left.values()].every((coefficients) => coefficients.every((bits) => bits === 0))
}

/** False when a restart marker is missing or out of turn: pieces of the scan are lost. */
function restartsInOrder({ source, segments }: JpegFile, frame: Frame): boolean {
  let interval = 0
  for (const segment of segments) {
    if (segment.marker !== marker.dri && segment.marker !== marker.sos) continue
    const payload = source.read(segment.start, segment.end)
    if (segment.marker === marker.dri) {
      interval = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0)
      continue
    }
    const found = segment.restarts
    if (found.some((code, index) => code !== (index & 7))) return false
    const units = interval > 0 && payload[0] === frame.components.length ? unitsOf(frame) : undefined
    if (units !== undefined && found.length !== Math.ceil(units / interval) - 1) return false
    if (interval === 0 && found.length > 0) return false
  }
  return true
}

/** Units of a scan with all components (T.81, A.2.3). */
function unitsOf({ width, height, components, lossless }: Frame): number | undefined {
  if (lossless || components.length < 2) return undefined
  const h = Math.max(...components.map((component) => component.h))
  const v = Math.max(...components.map((component) => component.v))
  return Math.ceil(width / (8 * h)) * Math.ceil(height / (8 * v))
}

import type { OriginalSize } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import { describedAs, fileOf } from '../artifact/file-bytes.ts'
import { assertPixels, type Encoded, type EncodedImage, type Pixels } from '../artifact/kind.ts'
import { raiseLimit } from '../artifact/limits.ts'
import { type Matrix, mapBox } from '../artifact/matrix.ts'
import { sequenceOf } from '../artifact/sequence.ts'
import { ImageDocError } from '../errors/error.ts'
import { pageItem } from '../operation/page-item.ts'
import { pagedImage } from '../operation/paged-image.ts'
import type { Port } from '../operation/port.ts'
import type { Codec, CodecInput, ImageProbe } from '../plugin/codec.ts'
import type { Converted, Edge } from './edge.ts'

/** An image before it has the form that a port wants. */
export type OpenImage =
  | { readonly pixels: Pixels }
  /** `known`: the density was said by who made the file, and holds against what its header says. */
  | { readonly file: Encoded; readonly density: number | null; readonly known: boolean }

type OpenFile = Exclude<OpenImage, { pixels: Pixels }>

/** An image in the form of the port. */
export function toImage(image: OpenImage, port: Port, edge: Edge): Promise<Converted> {
  if ('pixels' in image) return fromPixels(image.pixels, port, edge)
  if (port.form === 'file') return toFile(image, port, edge)
  return port.form === 'paged' ? toPages(image, edge) : toPixels(image, edge)
}

async function fromPixels(pixels: Pixels, port: Port, edge: Edge): Promise<Converted> {
  if (port.form === 'file') return { value: await encode(pixels, port, edge) }
  if (port.form !== 'paged') return { value: pixels }
  return { value: pagedImage(sequenceOf(1, () => pixels)) }
}

async function toPixels(image: OpenFile, edge: Edge): Promise<Converted> {
  const codec = decoderOf(image.file.mediaType, edge)
  const probe = await codec.probe(inputOf(image), edge.limits, saidOf(image))
  assertOnePage(probe, edge)
  return decodeAlone(image, { codec, probe }, edge)
}

async function toFile(image: OpenFile, port: Port, edge: Edge): Promise<Converted> {
  const codec = decoderOf(image.file.mediaType, edge)
  const probe = await codec.probe(inputOf(image), edge.limits, { depth: 'whole', ...saidOf(image) })
  assertOnePage(probe, edge)
  if (isPortable(probe) && takes(image.file, port, edge)) {
    for (const diagnostic of probe.diagnostics ?? []) edge.report(diagnostic)
    return { value: untouched(image, probe), ...sizeOf(image, probe) }
  }
  const { diagnostics: _, ...decoded } = await decodeAlone(image, { codec, probe }, edge)
  return { ...decoded, value: await encode(decoded.value, port, edge) }
}

/** True for a file that shows, untouched, what decoding it would. */
const isPortable = (probe: ImageProbe): boolean => probe.upright && probe.portable !== false

async function toPages(image: OpenFile, edge: Edge): Promise<Converted> {
  const codec = decoderOf(image.file.mediaType, edge)
  const probe = await codec.probe(inputOf(image), edge.limits, { depth: 'whole', ...saidOf(image) })
  if (probe.pages > edge.limits.pages) {
    throw new ImageDocError(
      'TOO_MANY_PAGES',
      `The file has ${probe.pages} pages; the limit is ${edge.limits.pages}. Split it, or ${raiseLimit('pages')}.`,
    )
  }
  const ofFile = probe.pages === 1 ? [] : (probe.diagnostics ?? [])
  for (const diagnostic of ofFile) edge.report(diagnostic)
  const decoded = (page: number): Promise<Decoded> => decodePage(image, { codec, probe, page }, edge)
  const whole = probe.pages === 1 && isPortable(probe)
  const told = new Set<number>()
  const at = async (page: number): Promise<Pixels | EncodedImage> => {
    const item = whole
      ? { value: untouched(image, probe), ...sizeOf(image, probe), diagnostics: probe.diagnostics ?? [] }
      : await decoded(page)
    if (!edge.expands && !told.has(page)) for (const diagnostic of item.diagnostics) edge.report(diagnostic)
    told.add(page)
    const { value, diagnostics, size } = item
    return pageItem<Pixels | EncodedImage>(value, { diagnostics, ...('matrix' in item && { matrix: item.matrix }), ...(size && { size }) })
  }
  const check = async (page: number): Promise<readonly Diagnostic[]> => (await decoded(page)).diagnostics
  return { value: pagedImage(sequenceOf(probe.pages, at), { diagnostics: ofFile, check }) }
}

/** A large input stays in its file. */
const inputOf = ({ file }: OpenFile): CodecInput => fileOf(file) ?? file.bytes

/** What was said of the file by who made it. */
const saidOf = (image: OpenFile): { density?: number | null } => (image.known ? { density: image.density } : {})

type Decoded = Converted & { readonly value: Pixels; readonly matrix: Matrix; readonly diagnostics: readonly Diagnostic[] }

/** The only page of a file; what was found is reported. */
async function decodeAlone(image: OpenFile, from: { codec: Codec; probe: ImageProbe }, edge: Edge): Promise<Decoded> {
  const decoded = await decodePage(image, { ...from, page: 0 }, edge)
  for (const diagnostic of decoded.diagnostics) edge.report(diagnostic)
  return decoded
}

async function decodePage(image: OpenFile, from: { codec: Codec; probe: ImageProbe; page: number }, edge: Edge): Promise<Decoded> {
  const at = { page: from.page, limits: edge.limits, signal: edge.signal, ...saidOf(image) }
  const { pixels, matrix, properties, diagnostics } = await from.codec.decode(inputOf(image), at)
  assertPixels(pixels)
  const said = new Set(diagnostics.map(({ code }) => code))
  const ofFile = from.probe.pages === 1 ? (from.probe.diagnostics ?? []).filter(({ code }) => !said.has(code)) : []
  const value = image.known ? { ...pixels, density: image.density } : pixels
  return { value, matrix, properties, ...sizeOf(image, pixels, matrix), diagnostics: [...ofFile, ...diagnostics] }
}

/** Of a file as it came in: the stored grid is what the whole image maps to. One that a step wrote is no original. */
function sizeOf(image: OpenFile, { width, height }: { width: number; height: number }, matrix?: Matrix): { size?: OriginalSize } {
  if (image.known) return {}
  const [x0, y0, x1, y1] = matrix ? mapBox(matrix, [0, 0, width, height]) : [0, 0, width, height]
  return { size: { width: Math.round(x1 - x0), height: Math.round(y1 - y0), unit: 'px' } }
}

async function encode(pixels: Pixels, port: Port, edge: Edge): Promise<EncodedImage> {
  const { mediaType, options } = port.files?.(edge.params).encodeAs(pixels) ?? { mediaType: port.mediaTypes?.[0] ?? 'image/png' }
  const codec = edge.registry.codecs.find((candidate) => candidate.mediaTypes.encode.includes(mediaType))
  if (!codec) throw codecMissing(mediaType, 'encodes', edge)
  const { width, height, density } = pixels
  return { mediaType, bytes: await codec.encode(pixels, { mediaType, ...(options && { options }) }), width, height, density }
}

function takes(file: Encoded, port: Port, edge: Edge): boolean {
  return (port.mediaTypes?.includes(file.mediaType) ?? false) && (port.files?.(edge.params).takes(file) ?? true)
}

function untouched(image: OpenFile, probe: ImageProbe): EncodedImage {
  const { width, height } = probe
  return describedAs(image.file, { width, height, density: image.known ? image.density : probe.density })
}

function decoderOf(mediaType: string, edge: Edge): Codec {
  const codec = edge.registry.codecs.find((candidate) => candidate.mediaTypes.decode.includes(mediaType))
  if (!codec) throw codecMissing(mediaType, 'decodes', edge)
  return codec
}

function codecMissing(mediaType: string, does: 'decodes' | 'encodes', edge: Edge): ImageDocError {
  const message = `No loaded plugin ${does} ${mediaType}, which "${edge.use}" needs. Load @imagedoc/plugin-image, or another plugin with such a codec.`
  return new ImageDocError('CODEC_MISSING', message)
}

function assertOnePage(probe: ImageProbe, edge: Edge): void {
  if (probe.pages === 1) return
  throw new ImageDocError(
    'MULTIPLE_PAGES',
    `The file has ${probe.pages} pages, but "${edge.use}" takes one image. Put the step { "use": "document.pages" } before it.`,
    { details: { pages: probe.pages } },
  )
}

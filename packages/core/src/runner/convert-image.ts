import type { OriginalSize } from '../artifact/artifact.ts'
import { assertPixels, type Encoded, type EncodedImage, type Pixels } from '../artifact/kind.ts'
import { type Matrix, mapBox } from '../artifact/matrix.ts'
import { sequenceOf } from '../artifact/sequence.ts'
import { ImageDocError } from '../errors/error.ts'
import { pageItem } from '../operation/page-item.ts'
import type { Port } from '../operation/port.ts'
import type { Codec, ImageProbe } from '../plugin/codec.ts'
import type { Converted, Edge } from './convert.ts'

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
  return { value: port.form === 'paged' ? sequenceOf<Pixels>(1, () => pixels) : pixels }
}

async function toPixels(image: OpenFile, edge: Edge): Promise<Converted> {
  const codec = decoderOf(image.file.mediaType, edge)
  assertOnePage(await codec.probe(image.file.bytes, edge.limits), edge)
  return decodePage(image, { codec, page: 0 }, edge)
}

async function toFile(image: OpenFile, port: Port, edge: Edge): Promise<Converted> {
  const codec = decoderOf(image.file.mediaType, edge)
  const probe = await codec.probe(image.file.bytes, edge.limits)
  assertOnePage(probe, edge)
  if (probe.upright && port.mediaTypes?.includes(image.file.mediaType)) return { value: untouched(image, probe), ...sizeOf(image, probe) }
  const decoded = await decodePage(image, { codec, page: 0 }, edge)
  return { ...decoded, value: await encode(decoded.value, port, edge) }
}

async function toPages(image: OpenFile, edge: Edge): Promise<Converted> {
  const codec = decoderOf(image.file.mediaType, edge)
  const probe = await codec.probe(image.file.bytes, edge.limits)
  if (probe.pages > edge.limits.pages) {
    throw new ImageDocError('TOO_MANY_PAGES', `The file has ${probe.pages} pages; the limit is ${edge.limits.pages}.`)
  }
  if (probe.pages === 1 && probe.upright)
    return { value: sequenceOf<EncodedImage>(1, () => pageItem(untouched(image, probe), sizeOf(image, probe))) }
  const at = async (page: number): Promise<Pixels> => {
    const diagnostics: Parameters<Edge['report']>[0][] = []
    const decoded = await decodePage(image, { codec, page }, { ...edge, report: (diagnostic) => diagnostics.push(diagnostic) })
    const { value, matrix, size } = decoded
    return pageItem(value, { matrix, diagnostics, ...(size && { size }) })
  }
  return { value: sequenceOf(probe.pages, at) }
}

async function decodePage(
  image: OpenFile,
  from: { codec: Codec; page: number },
  edge: Edge,
): Promise<Converted & { value: Pixels; matrix: Matrix }> {
  const at = { page: from.page, limits: edge.limits, signal: edge.signal }
  const { pixels, matrix, properties, diagnostics } = await from.codec.decode(image.file.bytes, at)
  assertPixels(pixels)
  for (const diagnostic of diagnostics) edge.report(diagnostic)
  const value = image.known ? { ...pixels, density: image.density } : pixels
  return { value, matrix, properties, ...sizeOf(image, pixels, matrix) }
}

/** Of a file as it came in: the stored grid is what the whole image maps to. One that a step wrote is no original. */
function sizeOf(image: OpenFile, { width, height }: { width: number; height: number }, matrix?: Matrix): { size?: OriginalSize } {
  if (image.known) return {}
  const [x0, y0, x1, y1] = matrix ? mapBox(matrix, [0, 0, width, height]) : [0, 0, width, height]
  return { size: { width: Math.round(x1 - x0), height: Math.round(y1 - y0), unit: 'px' } }
}

async function encode(pixels: Pixels, port: Port, edge: Edge): Promise<EncodedImage> {
  const mediaType = port.mediaTypes?.[0] ?? 'image/png'
  const codec = edge.registry.codecs.find((candidate) => candidate.mediaTypes.encode.includes(mediaType))
  if (!codec) throw codecMissing(mediaType, 'encodes', edge)
  const { width, height, density } = pixels
  return { mediaType, bytes: await codec.encode(pixels, { mediaType }), width, height, density }
}

function untouched(image: OpenFile, probe: ImageProbe): EncodedImage {
  return { ...image.file, width: probe.width, height: probe.height, density: image.known ? image.density : probe.density }
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

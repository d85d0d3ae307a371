import type { Codec, CodecInput, Limits, ProbeOptions } from '@imagedoc/core'
import { avif } from './avif/avif.ts'
import { type ByteSource, openSource } from './byte-source.ts'
import { mediaTypeOf } from './input-file.ts'
import { surveyJpeg } from './jpeg/survey.ts'
import { surveyPng } from './png/survey.ts'
import { type FormatReader, rasterReader } from './raster.ts'
import { tiffReader } from './tiff/decode.ts'
import { surveyWebp } from './webp/survey.ts'

const onePage = (): number => 1

/** How each type of file is read. */
const readers: Readonly<Record<string, FormatReader>> = {
  'image/jpeg': rasterReader({ survey: surveyJpeg, failOn: 'warning', pages: onePage }),
  'image/png': rasterReader({ survey: surveyPng, failOn: 'truncated', pages: onePage }),
  'image/webp': rasterReader({ survey: surveyWebp, failOn: 'truncated', pages: onePage }),
  'image/avif': rasterReader(avif),
  'image/tiff': tiffReader,
}

/** What the codec decodes. The content decides, never a name. */
export const decodable: readonly string[] = Object.keys(readers)

/** Reads the header, and as much of the structure as is asked for. @throws CORRUPT_INPUT, EMPTY_INPUT, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS */
export async function probe(input: CodecInput, limits: Limits, options: ProbeOptions = {}): ReturnType<Codec['probe']> {
  using source = openSource(input)
  return await readerOf(source).probe(source, limits, options)
}

/** Decodes one page, upright, square, 8 bit, sRGB. @throws CORRUPT_INPUT, EMPTY_INPUT, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS, NOT_FOUND, CANCELLED */
export async function decode(input: CodecInput, at: Parameters<Codec['decode']>[1]): ReturnType<Codec['decode']> {
  using source = openSource(input)
  return await readerOf(source).decode(source, at)
}

/** The reader for what the first bytes show; sharp itself would try every loader that it has. */
function readerOf(source: ByteSource): FormatReader {
  return readers[mediaTypeOf(source, decodable)] as FormatReader
}

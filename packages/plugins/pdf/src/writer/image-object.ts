import type { PDFDocument, PDFRef } from '@cantoo/pdf-lib'
import { type EncodedImage, ImageDocError } from '@imagedoc/core'
import { readJpegHeader } from '../jpeg-header.ts'
import type { PdfLib } from './pdf-lib.ts'
import { type PngRows, readPngRows } from './png-chunks.ts'

/** An image in the document, and the pixels it has. */
export interface EmbeddedImage {
  ref: PDFRef
  width: number
  height: number
  /** Its samples are CMYK. */
  cmyk: boolean
}

const jpegSpaces: Readonly<Record<number, string>> = { 1: 'DeviceGray', 3: 'DeviceRGB', 4: 'DeviceCMYK' }

/**
 * Puts an image file into the document: a JPEG as it is, a PNG's compressed rows as they are (pdf-lib would decode them, widen grey to
 * RGB and compress again, 0.8 s a page); only a PNG with alpha or interlacing is made anew.
 * @throws CORRUPT_INPUT
 */
export async function embedImage(lib: PdfLib, document: PDFDocument, image: EncodedImage): Promise<EmbeddedImage> {
  if (image.bytes[0] === 0xff) return embedJpeg(document, image)
  const rows = readPngRows(image.bytes)
  if (rows !== undefined) return embedRows(lib, document, rows)
  const made = await document.embedPng(image.bytes)
  await made.embed()
  return { ref: made.ref, width: made.width, height: made.height, cmyk: false }
}

function embedJpeg({ context }: PDFDocument, { bytes }: EncodedImage): EmbeddedImage {
  const header = readJpegHeader(bytes)
  const space = jpegSpaces[header?.components ?? 0]
  if (header === undefined || space === undefined)
    throw new ImageDocError('CORRUPT_INPUT', 'The JPEG of a page is damaged: it has no frame header. Make the page anew.')
  const cmyk = space === 'DeviceCMYK'
  const dictionary = {
    Type: 'XObject',
    Subtype: 'Image',
    Width: header.width,
    Height: header.height,
    ColorSpace: space,
    BitsPerComponent: header.precision,
    Filter: 'DCTDecode',
  }
  // Adobe's programs store CMYK inverted and say so by their marker only.
  const decode = cmyk && header.adobe ? { Decode: [1, 0, 1, 0, 1, 0, 1, 0] } : {}
  return { ref: context.register(context.stream(bytes, { ...dictionary, ...decode })), width: header.width, height: header.height, cmyk }
}

function embedRows({ PDFHexString }: PdfLib, { context }: PDFDocument, rows: PngRows): EmbeddedImage {
  const { width, height, bitDepth } = rows
  const palette = Buffer.from(rows.palette).toString('hex')
  const spaces = {
    grey: 'DeviceGray',
    rgb: 'DeviceRGB',
    indexed: ['Indexed', 'DeviceRGB', rows.palette.length / 3 - 1, PDFHexString.of(palette)],
  }
  const stream = context.stream(rows.data, {
    Type: 'XObject',
    Subtype: 'Image',
    Width: width,
    Height: height,
    ColorSpace: spaces[rows.colourType],
    BitsPerComponent: bitDepth,
    Filter: 'FlateDecode',
    DecodeParms: { Predictor: 15, Colors: rows.colourType === 'rgb' ? 3 : 1, BitsPerComponent: bitDepth, Columns: width },
  })
  return { ref: context.register(stream), width, height, cmyk: false }
}

import {
  concatTransformationMatrix,
  degrees,
  drawObject,
  PDFDocument,
  type PDFPage,
  popGraphicsState,
  pushGraphicsState,
  rgb,
  StandardFonts,
} from '@cantoo/pdf-lib'
import sharp, { type PngOptions } from 'sharp'

/** A page-like picture: white paper, a black bar near the top left, so that its orientation shows. */
export async function picture({ width = 400, height = 600, grey = true }: { width?: number; height?: number; grey?: boolean } = {}) {
  const bar = {
    input: { create: { width: width / 2, height: Math.round(height / 10), channels: 3 as const, background: grey ? '#000' : '#c00' } },
    left: 20,
    top: 20,
  }
  const made = sharp({ create: { width, height, channels: 3, background: '#fff' } }).composite([bar])
  return grey ? made.toColourspace('b-w') : made
}

export async function jpeg(options: Parameters<typeof picture>[0] = {}): Promise<Uint8Array> {
  // composite happens last in sharp's order, so the picture is made before it is encoded
  const { data, info } = await (await picture(options)).raw().toBuffer({ resolveWithObject: true })
  return new Uint8Array(
    await sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
      .jpeg({ quality: 90 })
      .toBuffer(),
  )
}

export async function png(options: Parameters<typeof picture>[0] = {}, encode: PngOptions = {}): Promise<Uint8Array> {
  const { data, info } = await (await picture(options)).raw().toBuffer({ resolveWithObject: true })
  return new Uint8Array(
    await sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
      .png(encode)
      .toBuffer(),
  )
}

/** A document; `draw` fills its pages. */
export async function document(draw: (document: PDFDocument) => Promise<void> | void): Promise<Uint8Array> {
  const made = await PDFDocument.create({ updateMetadata: false })
  await draw(made)
  return made.save({ useObjectStreams: false, addDefaultPage: false })
}

/** A scanned page: the JPEG fills a page of `density`. */
export async function addScan(made: PDFDocument, bytes: Uint8Array, { density = 100, rotate = 0 } = {}): Promise<PDFPage> {
  const image = await made.embedJpg(bytes)
  const [width, height] = [(image.width * 72) / density, (image.height * 72) / density]
  const page = made.addPage([width, height])
  page.drawImage(image, { x: 0, y: 0, width, height })
  page.setRotation(degrees(rotate))
  return page
}

/** A page of text as a word processor makes it. */
export async function addText(made: PDFDocument, text: string, { colour = rgb(0, 0, 0) } = {}): Promise<PDFPage> {
  const page = made.addPage([360, 360])
  page.drawText(text, { x: 36, y: 300, size: 24, font: await made.embedFont(StandardFonts.Helvetica), color: colour })
  return page
}

/** An image object of any codec and colour space, drawn over the whole of a page. */
export function addRawImage(
  made: PDFDocument,
  bytes: Uint8Array,
  dictionary: Record<string, unknown> & { Width: number; Height: number },
): PDFPage {
  const size = { width: 144, height: 144 }
  const page = made.addPage([size.width, size.height])
  const stream = made.context.stream(bytes, { Type: 'XObject', Subtype: 'Image', ...dictionary } as never)
  const name = page.node.newXObject('Raw', made.context.register(stream))
  page.pushOperators(
    pushGraphicsState(),
    concatTransformationMatrix(size.width, 0, 0, size.height, 0, 0),
    drawObject(name),
    popGraphicsState(),
  )
  return page
}

export { degrees, PDFDocument, rgb }

import { createHash } from 'node:crypto'
import type { PDFDocument, PDFRef } from '@cantoo/pdf-lib'
import { type EncodedImage, ImageDocError, type Layout } from '@imagedoc/core'
import { type Codes, createCodes } from './codes.ts'
import { createProfileStore, type ProfileStore } from './colour-profile.ts'
import type { EmbeddedImage } from './embedded-image.ts'
import { createGlyphlessFonts, type GlyphlessFonts, type Reach } from './glyphless-font.ts'
import { embedImage } from './image-object.ts'
import type { PdfLib } from './pdf-lib.ts'
import { textLayer } from './text-layer.ts'

/** One page: its image, its text, or both. */
export interface SearchablePage {
  image: EncodedImage | undefined
  layout: Layout | undefined
  /** Dots per inch of the image; of the layout where there is no image. */
  density: number
}

/** Writes pages one after the other. */
export interface SearchablePdf {
  /** @throws CORRUPT_INPUT, UNSUPPORTED_MEDIA_TYPE */
  add(page: SearchablePage): Promise<void>
  save(): Promise<Uint8Array>
}

export interface SearchablePdfOptions {
  title?: string | undefined
  language?: string | undefined
  pdfA: boolean
}

/** Points; a longer page is beyond what readers show (PDF 32000-1, annex C). */
const LONGEST_EDGE = 14_400
const IMAGE = 'Page'

/** Starts a document. Nothing in it depends on the time or on chance. */
export function createSearchablePdf(lib: PdfLib, options: SearchablePdfOptions): SearchablePdf {
  const codes = createCodes()
  const identity = createHash('sha256').update(JSON.stringify(options))
  const embedded = new Map<string, EmbeddedImage>()
  let started: Promise<Started> | undefined
  const start = () => (started ??= startDocument(lib, options, codes))
  return {
    async add({ image, layout, density }) {
      const { document, fonts, profiles } = await start()
      const digest = image === undefined ? '' : createHash('sha256').update(image.bytes).digest('hex')
      // The same image on several pages (blank versos, say) is stored once.
      const known = embedded.get(digest)
      const picture = known ?? (image && (await embedImage(lib, document, { image, profiles })))
      if (picture !== undefined) embedded.set(digest, picture)
      if (options.pdfA && picture?.cmyk) {
        throw new ImageDocError(
          'UNSUPPORTED_MEDIA_TYPE',
          `Page ${document.getPageCount() + 1} is a CMYK JPEG, which PDF/A with the sRGB profile cannot hold. Convert it to RGB with image.encode, or leave "pdfA" out.`,
        )
      }
      const size = pageSize(picture ?? layout, density)
      const used = new Map<string, PDFRef>()
      const fontName = (reach: Reach): string => {
        const { name, ref } = fonts.variant(reach)
        used.set(name, ref)
        return name
      }
      const frame = layout && { height: size.height, scaleX: size.width / layout.width, scaleY: size.height / layout.height }
      const text = layout && frame ? textLayer(layout, frame, { codes, fontName }) : ''
      identity.update(digest).update(text)
      addPage(lib, document, { size, picture, text, fonts: used })
    },
    async save() {
      const { document, fonts } = await start()
      fonts.finish()
      const id = lib.PDFHexString.of(identity.digest('hex').slice(0, 32))
      document.context.trailerInfo.ID = document.context.obj([id, id])
      if (options.pdfA) document.convertToPDFA({ conformance: '2B' })
      return document.save({ useObjectStreams: true, addDefaultPage: false })
    },
  }
}

interface Started {
  document: PDFDocument
  fonts: GlyphlessFonts
  profiles: ProfileStore
}

async function startDocument(lib: PdfLib, { title, language }: SearchablePdfOptions, codes: Codes): Promise<Started> {
  // No dates: they would make two runs of the same input differ.
  const document = await lib.PDFDocument.create({ updateMetadata: false })
  document.setProducer('ImageDoc')
  if (title !== undefined) document.setTitle(title, { showInWindowTitleBar: true })
  if (language !== undefined) document.setLanguage(language)
  return { document, fonts: createGlyphlessFonts(lib, document, codes), profiles: createProfileStore(document) }
}

function pageSize(pixels: { width: number; height: number } | undefined, density: number): { width: number; height: number } {
  const { width, height } = pixels ?? { width: 1, height: 1 }
  const dots = Math.max(density, (Math.max(width, height) * 72) / LONGEST_EDGE)
  return { width: (width * 72) / dots, height: (height * 72) / dots }
}

interface PageParts {
  size: { width: number; height: number }
  picture: EmbeddedImage | undefined
  text: string
  fonts: ReadonlyMap<string, PDFRef>
}

function addPage(lib: PdfLib, document: PDFDocument, { size, picture, text, fonts }: PageParts): void {
  const { context } = document
  const width = rounded(size.width)
  const height = rounded(size.height)
  const page = document.addPage([width, height])
  const drawing = picture === undefined ? '' : `q ${width} 0 0 ${height} 0 0 cm /${IMAGE} Do Q\n`
  page.node.set(
    lib.PDFName.of('Resources'),
    context.obj({ ...(picture && { XObject: { [IMAGE]: picture.ref } }), Font: Object.fromEntries(fonts) }),
  )
  page.node.set(lib.PDFName.of('Contents'), context.register(context.flateStream(drawing + text)))
}

function rounded(points: number): number {
  return Math.round(points * 1000) / 1000
}

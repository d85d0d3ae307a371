import {
  type Context,
  data,
  defineOperation,
  type Encoded,
  ImageDocError,
  image,
  isImageDocError,
  type Json,
  oneOf,
  paged,
  pdf,
  raiseLimit,
  throwIfAborted,
} from '@imagedoc/core'
import { z } from 'zod'
import { cutOff } from './pdfium/cut-off.ts'
import { type Pdfium, pdfiumEngine } from './pdfium/engine.ts'
import type { PdfDocument } from './pdfium/pdf-document.ts'

/** Pages of a PDF that are measured: enough to show what it is, and a book of thousands stays cheap. */
const MEASURED = 20

/**
 * Tells what a document is from its headers, before anything is drawn: `{ mediaType, pages, sizes }`. A size is `{ width, height, unit }`: `pt` (as
 * shown, after /Rotate) for the first 20 pages of a PDF, null for one that is damaged; `px` for an image file of one page, decoded only where
 * EXIF turns it, and then `mediaType` is null. An image file of several pages is counted and not measured: `mediaType` is null, `sizes` is empty.
 * A file that ends before it is whole is reported, with `cutOff: true` in the details.
 * @throws PASSWORD_REQUIRED, CORRUPT_INPUT, TOO_MANY_PAGES, TOO_MANY_PIXELS
 */
export const inspect = defineOperation({
  name: 'document.inspect',
  version: 3,
  summary: 'Tell how many pages a PDF or an image file has, and how large they are.',
  input: oneOf(pdf, paged(image)),
  output: data,
  params: z.strictObject({}),
  traits: { cost: 'light' },
  engines: [pdfiumEngine],
  example: {},
  async run({ input, context }) {
    if ('bytes' in input) return inspectPdf(input, context)
    if (input.length > 1) return { output: { mediaType: null, pages: input.length, sizes: [] } }
    const page = await input.at(0)
    const size = { width: page.width, height: page.height, unit: 'px' }
    return { output: { mediaType: 'mediaType' in page ? page.mediaType : null, pages: 1, sizes: [size] } }
  },
})

async function inspectPdf(input: Encoded, { engine, limits, signal, tmp }: Context<Pdfium>) {
  const { mediaType } = input
  const document = await engine.open(input, () => tmp, { forms: false })
  try {
    const { pages } = document
    const cut = cutOff(input)
    const diagnostics = [...(cut ? [cut] : []), ...document.diagnostics]
    if (pages === 0) throw new ImageDocError('CORRUPT_INPUT', 'The PDF has no pages.')
    if (pages > limits.pages) {
      throw new ImageDocError(
        'TOO_MANY_PAGES',
        `The PDF has ${pages} pages; the limit is ${limits.pages}. Split it, or ${raiseLimit('pages')}.`,
        {
          details: { pages, limit: limits.pages },
        },
      )
    }
    const sizes: Json[] = []
    for (let index = 0; index < Math.min(pages, MEASURED); index++) {
      throwIfAborted(signal)
      sizes.push(pageSize(document, index))
    }
    return { output: { mediaType, pages, sizes }, diagnostics }
  } finally {
    document.close()
  }
}

/** One damaged page does not make the document unreadable: whoever wants that page gets the error. */
function pageSize(document: PdfDocument, index: number): Json {
  const { api } = document.runtime
  try {
    return document.withPage(index, (page) => {
      const points = (size: number): number => Math.round(size * document.userUnitOf(page) * 100) / 100
      return { width: points(api.FPDF_GetPageWidthF(page)), height: points(api.FPDF_GetPageHeightF(page)), unit: 'pt' }
    })
  } catch (error) {
    if (isImageDocError(error) && error.code === 'CORRUPT_INPUT') return null
    throw error
  }
}

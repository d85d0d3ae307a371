import {
  type Context,
  defineOperation,
  type Encoded,
  type EncodedImage,
  encoded,
  ImageDocError,
  image,
  many,
  oneOf,
  type PagedImage,
  type Pixels,
  paged,
  pageItem,
  pageItemExtra,
  pdf,
  type Sequence,
  sequenceOf,
  throwIfAborted,
} from '@imagedoc/core'
import { z } from 'zod'
import { type Pdfium, pdfiumEngine } from './pdfium/engine.ts'
import { readPage } from './pdfium/page.ts'
import { pageSelection, selectPages } from './selection.ts'
import { refuseDamage } from './strict.ts'

const params = z.strictObject({
  pages: pageSelection,
  dpi: z.number().min(18).max(2400).default(300).meta({
    unit: 'dpi',
    description:
      'Dots per inch for pages that are drawn. A page that is one scan comes at the resolution of the scan; one that is mostly scans or pictures, with something on it, at least at theirs.',
  }),
  strict: z.boolean().default(false).meta({
    description: 'Refuse a damaged page, or a file that has lost pages, instead of showing what is left with a warning.',
  }),
})

/**
 * Gives the pages of a PDF or of an image file, one image a page, each made when it is asked for.
 * A PDF page that is nothing but a scan gives the stored image: a JPEG untouched, other codecs decoded at their own size.
 * @throws PASSWORD_REQUIRED, CORRUPT_INPUT (with `strict` also for a page or a file that is damaged in part), TOO_MANY_PAGES, TOO_MANY_PIXELS,
 * INVALID_PARAMETER (a page that `pages` names is not there)
 */
export const pages = defineOperation({
  name: 'document.pages',
  version: 2,
  summary: 'Take the pages out of a PDF or an image file.',
  input: oneOf(pdf, paged(image)),
  output: many(oneOf(image, encoded(image, ['image/jpeg', 'image/png', 'image/tiff', 'image/webp', 'image/avif']))),
  params,
  traits: { cost: 'heavy' },
  engines: [pdfiumEngine],
  example: { pages: '1-3,-1', dpi: 300 },
  async run({ input, params, context }) {
    return 'bytes' in input ? pdfPages(input, params, context) : { output: imagePages(input, params, context) }
  },
})

type Params = z.output<typeof params>
type Page = Pixels | EncodedImage

function imagePages(input: PagedImage, { pages: selection, strict }: Params, { limits, signal }: Context<Pdfium>): Sequence<Page> {
  const chosen = selectPages(selection, input.length, limits.pages)
  if (strict) refuseDamage(input.diagnostics)
  return sequenceOf(chosen.length, async (index) => {
    throwIfAborted(signal)
    const page = chosen[index] ?? 0
    const value = await input.at(page)
    // Of a file that is handed on untouched only the structure was looked at.
    if (strict) refuseDamage('bytes' in value ? await input.check(page) : pageItemExtra(value).diagnostics, page)
    return value
  })
}

async function pdfPages(input: Encoded, { pages: selection, dpi, strict }: Params, context: Context<Pdfium>) {
  const { engine, limits, signal } = context
  const document = await engine.open(input, () => context.tmp)
  try {
    if (strict) refuseDamage(document.diagnostics)
    if (document.pages === 0) throw new ImageDocError('CORRUPT_INPUT', 'The PDF has no pages.')
    const chosen = selectPages(selection, document.pages, limits.pages)
    const sequence = sequenceOf(chosen.length, (index): Page => {
      throwIfAborted(signal)
      const { value, ...extra } = readPage(document, chosen[index] ?? 0, { dpi, limits })
      if (strict) refuseDamage(extra.diagnostics, chosen[index])
      return pageItem(value, { ...extra, movable: true })
    })
    const output = Object.assign(sequence, { [Symbol.asyncDispose]: async () => document.close() })
    return { output, matrix: null, diagnostics: document.diagnostics }
  } catch (error) {
    document.close()
    throw error
  }
}

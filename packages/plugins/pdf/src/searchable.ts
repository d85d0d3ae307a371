import {
  type Context,
  type Diagnostic,
  defineOperation,
  type EncodedImage,
  encoded,
  ImageDocError,
  image,
  type Layout,
  layout,
  many,
  pdf,
  type Sequence,
  throwIfAborted,
} from '@imagedoc/core'
import { z } from 'zod'
import { pageDensity } from './writer/page-density.ts'
import { pageFiles } from './writer/page-files.ts'
import { pdfLibEngine } from './writer/pdf-lib.ts'
import { createSearchablePdf, type SearchablePdf } from './writer/searchable-pdf.ts'

const params = z.strictObject({
  title: z.string().min(1).max(1000).optional().meta({ description: "The document's title, shown by readers." }),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, 'Write a language tag such as "pt-BR" or "en".')
    .optional()
    .meta({ description: 'Language of the text as a tag such as "pt-BR": readers speak and hyphenate by it.' }),
  pdfA: z
    .boolean()
    .default(false)
    .meta({ description: 'Write PDF/A-2b, for archives: adds the colour profile and the metadata that it asks for.' }),
  pictures: z.enum(['lossless', 'jpeg']).default('lossless').meta({
    description:
      'How page images are stored. lossless: a JPEG stays the JPEG it is, all else keeps its pixels, black and white pages as CCITT Group 4. jpeg: all but black and white pages become JPEG, much smaller for photographs.',
  }),
  quality: z.int().min(1).max(100).default(82).meta({ description: 'Quality of the JPEGs that "pictures": "jpeg" makes, 1 to 100.' }),
})

/**
 * Makes one PDF of page images and what was recognised on them: each image as it is, byte by byte where it is a JPEG, with its pixels and its
 * colour profile where it is not, and over it every word invisibly in its place, so that the document can be searched, selected and read aloud.
 * The same input gives the same bytes. A page's size comes from the density that its image claims; where
 * that is unknown or does not fit the words, from the size of these.
 * @throws CORRUPT_INPUT, UNSUPPORTED_MEDIA_TYPE (a CMYK page with `pdfA`), EMPTY_INPUT (no pages)
 */
export const searchable = defineOperation({
  name: 'pdf.searchable',
  version: 4,
  summary: 'Put page images and their recognised text into one searchable PDF.',
  input: { pages: many(encoded(image, ['image/png', 'image/jpeg'], (params) => pageFiles(params as Params))), layout: many(layout) },
  output: pdf,
  params,
  traits: { cost: 'heavy', holes: 'accept' },
  engines: [pdfLibEngine],
  example: { title: 'Letters, 1899', language: 'pt-BR' },
  async run({ input, params, context }) {
    const writer = createSearchablePdf(context.engine.lib, params)
    const diagnostics = await writePages(writer, input, context)
    return { output: { mediaType: 'application/pdf', bytes: await writer.save() }, matrix: null, diagnostics }
  },
})

type Params = z.output<typeof params>
type Input = { pages: Sequence<EncodedImage>; layout: Sequence<Layout> }

async function writePages(
  writer: SearchablePdf,
  { pages, layout: layouts }: Input,
  { signal, progress, scale }: Pick<Context, 'signal' | 'progress' | 'scale'>,
): Promise<Diagnostic[]> {
  const diagnostics: Diagnostic[] = []
  const count = Math.max(pages.length, layouts.length)
  if (count === 0) throw new ImageDocError('EMPTY_INPUT', 'There are no pages to write.')
  const densityOf = pageDensity(layouts, { scale })
  for (let index = 0; index < count; index++) {
    throwIfAborted(signal)
    const page = { image: await item(pages, index), layout: await item(layouts, index) }
    if (page.image === undefined || page.layout === undefined) diagnostics.push(missing(index, page))
    if (page.image !== undefined || page.layout !== undefined) await writer.add({ ...page, density: await densityOf(page) })
    if (page.image && page.layout && !sameShape(page.image, page.layout)) diagnostics.push(misfit(index))
    progress((index + 1) / count)
  }
  return diagnostics
}

async function item<Value>(sequence: Sequence<Value>, index: number): Promise<Value | undefined> {
  return index < sequence.length && sequence.has(index) ? sequence.at(index) : undefined
}

function missing(
  index: number,
  { image: picture, layout: text }: { image: EncodedImage | undefined; layout: Layout | undefined },
): Diagnostic {
  const what = picture
    ? 'has no recognised text: it is in the PDF, but cannot be searched'
    : text
      ? 'has no image: only its text is in the PDF'
      : 'was skipped: it is not in the PDF'
  return {
    code: picture ? 'PAGE_WITHOUT_TEXT' : 'PAGE_WITHOUT_IMAGE',
    severity: 'warning',
    message: `Page ${index + 1} ${what}.`,
    details: { page: index + 1 },
  }
}

/** Two in a hundred: more than rounding makes of one page at two sizes. */
const SHAPE_TOLERANCE = 0.02

function sameShape(picture: { width: number; height: number }, text: { width: number; height: number }): boolean {
  return Math.abs((picture.width * text.height) / (picture.height * text.width) - 1) < SHAPE_TOLERANCE
}

function misfit(index: number): Diagnostic {
  return {
    code: 'LAYOUT_MISFIT',
    severity: 'warning',
    message: `The text of page ${index + 1} was read from an image of another shape; its words may stand in wrong places.`,
    details: { page: index + 1 },
  }
}

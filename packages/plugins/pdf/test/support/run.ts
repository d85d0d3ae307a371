import {
  type Context,
  defaultLimits,
  type EncodedImage,
  identity,
  isPixels,
  type Layout,
  type Limits,
  type Pixels,
  pagedImage,
  type Sequence,
  scaleOf,
  sequenceOf,
} from '@imagedoc/core'
import { inspect, pages, searchable } from '../../src/index.ts'

// One PDFium for a test file, as a thread has.
const pdfium = await engineOf(pages)
const writer = await engineOf(searchable)

async function engineOf(operation: { engines?: readonly { open(): Promise<unknown> }[] }): Promise<unknown> {
  return operation.engines?.[0]?.open()
}

function contextOf(engine: unknown, limits: Partial<Limits> = {}, signal = new AbortController().signal): Context<never> {
  return {
    signal,
    limits: { ...defaultLimits, ...limits },
    tmp: '/nowhere',
    engine: engine as never,
    properties: {},
    progress: () => undefined,
    report: () => undefined,
    scale: scaleOf,
    between: () => identity,
    memo: (_key, compute) => compute(),
  }
}

/** `document.pages` on a PDF's bytes. */
export async function takePages(
  bytes: Uint8Array,
  params: Record<string, unknown> = {},
  options: { limits?: Partial<Limits>; signal?: AbortSignal } = {},
) {
  const input = { mediaType: 'application/pdf', bytes }
  const result = await pages.run({ input, params: pages.params.parse(params), context: contextOf(pdfium, options.limits, options.signal) })
  const output = result.output as Sequence<Pixels | EncodedImage> & AsyncDisposable
  return { ...result, output }
}

/** `document.pages` on an image file's pages. */
export async function takeImagePages(
  items: readonly (Pixels | EncodedImage)[],
  params: Record<string, unknown> = {},
  known: Parameters<typeof pagedImage>[1] = {},
) {
  const pagesOfFile = sequenceOf(items.length, (index) => items[index] as Pixels)
  const input = pagedImage(pagesOfFile, known)
  return pages.run({ input, params: pages.params.parse(params), context: contextOf(pdfium) })
}

/** `document.inspect` on a PDF's bytes, or on an image file's pages. */
export async function inspectDocument(input: Uint8Array | readonly (Pixels | EncodedImage)[], limits: Partial<Limits> = {}) {
  const given =
    input instanceof Uint8Array
      ? { mediaType: 'application/pdf', bytes: input }
      : pagedImage(sequenceOf(input.length, (index) => input[index] as Pixels | EncodedImage))
  return inspect.run({ input: given, params: {}, context: contextOf(pdfium, limits) })
}

/** `pdf.searchable`; `undefined` is a page that was skipped. */
export async function makeSearchable(
  images: readonly (EncodedImage | undefined)[],
  layouts: readonly (Layout | undefined)[],
  params: Record<string, unknown> = {},
) {
  const result = await searchable.run({
    input: { pages: withHoles(images), layout: withHoles(layouts) },
    params: searchable.params.parse(params),
    context: contextOf(writer),
  })
  return { bytes: result.output.bytes, diagnostics: result.diagnostics ?? [] }
}

function withHoles<Value>(items: readonly (Value | undefined)[]): Sequence<Value> {
  return sequenceOf(
    items.length,
    (index) => items[index] as Value,
    (index) => items[index] !== undefined,
  )
}

/** One page that must be pixels. */
export async function pixelsOf(bytes: Uint8Array, index = 0, params: Record<string, unknown> = {}): Promise<Pixels> {
  const { output } = await takePages(bytes, params)
  const page = await output.at(index)
  if (!isPixels(page)) throw new Error(`page ${index} is a file, not pixels`)
  return page
}

/** Mean brightness of a box given in shares of the page. */
export function brightness({ width, height, channels, data }: Pixels, [x0, y0, x1, y1]: readonly [number, number, number, number]): number {
  let sum = 0
  let count = 0
  for (let y = Math.floor(y0 * height); y < y1 * height; y++) {
    for (let x = Math.floor(x0 * width); x < x1 * width; x++)
      for (let c = 0; c < channels; c++, count++) sum += data[(y * width + x) * channels + c] ?? 0
  }
  return sum / count
}

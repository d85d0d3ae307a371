import { createLayout, defineOperation, type Engine, ImageDocError, image, layout, linesOf, type Pixels } from '@imagedoc/core'
import { inColumnOrder } from './column-order.ts'
import { tesseract } from './engines/tesseract.ts'
import { tesseractJs } from './engines/tesseract-js.ts'
import { parseHocr } from './hocr.ts'
import { opaque } from './opaque.ts'
import type { OcrOptions } from './options.ts'
import { pageSegmentationMode, recognizeParams } from './params.ts'
import type { Recognizer } from './recognizer.ts'

/** Tesseract counts pixels in 16 bits and silently finds nothing beyond. */
const LONGEST_SIDE = 32_767
/** The resolutions that Tesseract believes. */
const CREDIBLE_DENSITY = [70, 2400] as const
/** That of a scan, for a page on which nothing tells. */
const USUAL_DENSITY = 300

/** `ocr.recognize` with engines that are set up by the plugin's options. */
export function createRecognize(options: OcrOptions) {
  const engines: readonly Engine<Recognizer>[] = [tesseractJs(options), tesseract(options)]
  return defineOperation({
    name: 'ocr.recognize',
    version: 3,
    summary: 'Read the words of a page, with their places.',
    input: image,
    output: layout,
    params: recognizeParams,
    traits: { cost: 'heavy' },
    engines,
    example: { languages: ['por'] },
    async run({ input, params, context }) {
      assertSize(input)
      const scale = context.scale(input)
      const hocr = await context.engine.recognize(opaque(input), {
        languages: params.languages,
        pageSegmentationMode: pageSegmentationMode(params.segmentation),
        density: credible(scale?.dpi ?? USUAL_DENSITY),
        signal: context.signal,
        progress: (done) => context.progress(done),
      })
      const { width, height } = input
      const read = createLayout({ width, height, density: scale?.dpi ?? null, blocks: parseHocr(hocr, input) })
      const output = params.order === 'columns' ? { ...read, blocks: inColumnOrder(read.blocks) } : read
      const empty = !output.blocks.some((block) => linesOf(block).length > 0)
      return {
        output,
        diagnostics: empty ? [{ code: 'NO_TEXT_FOUND', severity: 'info' as const, message: 'No text was found on this page.' }] : [],
      }
    },
  })
}

/** `ocr.recognize`: a page of pixels becomes a layout. */
export const recognize = createRecognize({})

function assertSize({ width, height }: Pixels): void {
  if (Math.max(width, height) <= LONGEST_SIDE) return
  throw new ImageDocError(
    'TOO_MANY_PIXELS',
    `A page of ${width} x ${height} pixels is too long for Tesseract, which reads at most ${LONGEST_SIDE} on a side; cut or resize it first.`,
    { details: { width, height, limit: LONGEST_SIDE } },
  )
}

/** The nearest resolution that Tesseract believes. */
function credible(density: number): number {
  const [lowest, highest] = CREDIBLE_DENSITY
  return Math.round(Math.min(highest, Math.max(lowest, density)))
}

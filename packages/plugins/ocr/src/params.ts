import { z } from 'zod'

/** A language as Tesseract names its data: `eng`, `por`, `chi_sim`, or a model of one's own. Never a path. */
const language = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'Write a Tesseract language such as "eng" or "por" (ISO 639-3, not "en").')

/** Tesseract's page segmentation modes that make sense without knowing the page. */
const segmentationModes = { auto: 3, column: 4, block: 6, line: 7, sparse: 11 } as const

/** The parameters of `ocr.recognize`; the engines read them too. */
export const recognizeParams = z.strictObject({
  languages: z
    .array(language)
    .min(1)
    .max(8)
    .refine((languages) => new Set(languages).size === languages.length, 'Name each language once.')
    .default(['eng'])
    .meta({ description: 'Languages of the text, the main one first. One is faster and usually better than several.' }),
  segmentation: z
    .enum(['auto', 'column', 'block', 'line', 'sparse'])
    .default('auto')
    .meta({ description: 'What the page is: anything, one column, one block, one line, or scattered words.' }),
  order: z.enum(['engine', 'columns']).default('engine').meta({
    description: "Reading order: the engine's own; or with columns read on below a picture and its caption that lie across them.",
  }),
})
export type RecognizeParams = z.output<typeof recognizeParams>

/** The number that Tesseract knows a segmentation by. */
export function pageSegmentationMode(segmentation: RecognizeParams['segmentation']): number {
  return segmentationModes[segmentation]
}

/** The languages in the parameters of a step, as an engine is given them. */
export function languagesOf(params: unknown): string[] {
  return recognizeParams.parse(params).languages
}

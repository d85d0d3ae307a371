import { z } from 'zod'

/** Options of `@imagedoc/plugin-ocr`. */
export const ocrOptions = z.strictObject({
  dataPath: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Folder with NAME.traineddata or NAME.traineddata.gz, asked first by both engines.' }),
  tesseractPath: z.string().min(1).optional().meta({ description: 'The native program of the engine "tesseract". Default: tesseract.' }),
})
/** What the plugin's factory takes. */
export type OcrOptions = z.output<typeof ocrOptions>

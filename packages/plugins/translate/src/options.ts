import { z } from 'zod'

const deepl = z.strictObject({
  // Optional, because threads and children are given the options without their secrets.
  authKey: z.string().min(1).optional().meta({ secret: true, description: 'Key of a DeepL API account.' }),
  serverUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: 'Another server than the one the key belongs to.' }),
  timeoutMs: z.int().min(100).max(300_000).default(20_000).meta({ description: 'How long one request may take.' }),
  attempts: z.int().min(1).max(5).default(2).meta({ description: 'Tries of one request; the retries of a step come on top.' }),
})

const apertium = z.strictObject({
  path: z.string().min(1).default('apertium').meta({ description: 'The program.' }),
  dataPath: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Folder with the folder "modes" of the language pairs, if it is not the usual one.' }),
})

/** Options of `@imagedoc/plugin-translate`. */
export const translateOptions = z.strictObject({ deepl: deepl.optional(), apertium: apertium.optional() })
/** What the plugin's factory takes. */
export type TranslateOptions = z.input<typeof translateOptions>
export type DeepLOptions = z.output<typeof deepl>
export type ApertiumOptions = z.output<typeof apertium>

/** The options with their defaults. */
export function withDefaults(options: TranslateOptions): { deepl: DeepLOptions; apertium: ApertiumOptions } {
  return { deepl: deepl.parse(options.deepl ?? {}), apertium: apertium.parse(options.apertium ?? {}) }
}

import { z } from 'zod'
import { parseLanguage } from './language.ts'

const language = z
  .string()
  .max(35)
  .refine((code) => parseLanguage(code) !== undefined, 'Write a language as BCP 47 or ISO 639, for example "pt-BR", "es" or "eng".')

/** The parameters of `translate.text`; the engines read them too. */
export const translateParams = z.strictObject({
  to: language.meta({ description: 'Language to translate into. DeepL wants a region for English and Portuguese: "en-US", "pt-BR".' }),
  from: language
    .optional()
    .meta({ description: 'Language of the text. Default: what the text says of itself (Apertium), or detected (DeepL).' }),
  formality: z
    .enum(['default', 'more', 'less', 'prefer-more', 'prefer-less'])
    .default('default')
    .meta({ description: 'How formally the reader is addressed, where engine and language know a difference.' }),
  lines: z
    .enum(['join', 'keep'])
    .default('join')
    .meta({ description: 'Join the lines of a paragraph before translating (running text), or translate line by line (verse, lists).' }),
})
export type TranslateParams = z.output<typeof translateParams>

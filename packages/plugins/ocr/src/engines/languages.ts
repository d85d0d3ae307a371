import { type Availability, ImageDocError } from '@imagedoc/core'
import type { LanguageFile } from './language-data.ts'
import { languageMeant } from './language-names.ts'

/** Where an engine finds languages, and how a missing one is got. */
export interface Languages {
  find(language: string): Promise<LanguageFile | undefined>
  remedy(language: string): string
}

/** Whether all of them are there; a missing one is an answer. */
export async function languagesAvailable(languages: readonly string[], source: Languages): Promise<Availability> {
  const missing = await firstMissing(languages, source)
  return missing === undefined
    ? { ok: true }
    : { ok: false, why: `There is no data for the language "${missing}".${languageMeant(missing)}`, remedy: source.remedy(missing) }
}

/** @throws LANGUAGE_MISSING naming the first that is not there, and how to get it. */
export async function findLanguages(languages: readonly string[], source: Languages): Promise<LanguageFile[]> {
  const files = await Promise.all(languages.map((language) => source.find(language)))
  const missing = languages.find((_, index) => files[index] === undefined)
  if (missing === undefined) return files as LanguageFile[]
  throw new ImageDocError(
    'LANGUAGE_MISSING',
    `There is no data for the language "${missing}".${languageMeant(missing)} ${source.remedy(missing)}`,
    {
      path: 'languages',
      details: { language: missing },
    },
  )
}

/** Tesseract reads on without a second language that does not load and only says so on its error output. */
export function assertLoaded(messages: string, languages: readonly string[]): void {
  const failed = /Failed loading language '([^']*)'/.exec(messages)?.[1]
  if (failed === undefined) return
  throw damagedData(languages.includes(failed) ? [failed] : languages, messages)
}

/** The error for data that Tesseract cannot start with. Its own messages name host paths, so they stay in the cause. */
export function damagedData(languages: readonly string[], messages: string): ImageDocError {
  const names = languages.map((language) => `"${language}"`).join(', ')
  return new ImageDocError(
    'ENGINE_FAILED',
    `Tesseract could not load its data for ${names}: it is damaged, or holds no LSTM model. Install it again.`,
    {
      cause: new Error(messages.slice(-2000)),
      details: { languages: [...languages] },
    },
  )
}

async function firstMissing(languages: readonly string[], source: Languages): Promise<string | undefined> {
  for (const language of languages) if (!(await source.find(language))) return language
  return undefined
}

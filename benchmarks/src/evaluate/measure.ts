import { bagOfWords } from '../metrics/bag.ts'
import { type CharacterErrors, pageErrors, summed } from '../metrics/cer.ts'
import type { EvaluationPage } from './pages.ts'
import type { Reader } from './reader.ts'

/** What one reader made of one page. */
export interface Reading {
  page: EvaluationPage
  errors: CharacterErrors
  /** F1 of the bags of words. */
  f1: number
  ms: number
  /** Why there is no text: it counts as an empty one. */
  failure?: string
}

/** Read a page and hold it against its truth. */
export async function measure(reader: Reader, page: EvaluationPage): Promise<Reading> {
  const start = performance.now()
  let text = ''
  let failure: string | undefined
  try {
    text = await reader.read(page.path)
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
  }
  const ms = performance.now() - start
  return { page, errors: pageErrors(text, page.blocks), f1: bagOfWords(text, page.text).f1, ms, ...(failure !== undefined && { failure }) }
}

/** All pages of a profile as one: errors and F1 weighted by the length of the truth, the time a page. */
export interface Total {
  errors: CharacterErrors
  f1: number
  ms: number
}

/** By length, as the corpus's own table: a long page counts for more. */
export function total(readings: readonly Reading[]): Total {
  const errors = summed(readings.map((reading) => reading.errors))
  const weighted = readings.reduce((sum, reading) => sum + reading.f1 * reading.errors.length, 0)
  return { errors, f1: weighted / errors.length, ms: readings.reduce((sum, reading) => sum + reading.ms, 0) / readings.length }
}

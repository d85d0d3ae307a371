import type { Diagnostic } from '@imagedoc/core'
import type { Form } from './form.ts'
import type { Runtime } from './heap.ts'
import type { ImageDictionary } from './stream-dictionary.ts'
import type { Survey } from './survey.ts'

/** An open PDF. */
export interface PdfDocument {
  readonly runtime: Runtime
  readonly pages: number
  /** Of the image with these stored bytes, as it stands in the file. */
  dictionaryOf(raw: Uint8Array): ImageDictionary | undefined
  readonly repaired: boolean
  readonly survey: Survey
  /** How many points a unit of the page is (/UserUnit). */
  userUnitOf(page: number): number
  readonly form: Form
  readonly diagnostics: readonly Diagnostic[]
  /** Gives page `index` (from 0) to `read` and closes it afterwards. @throws CORRUPT_INPUT, ENGINE_FAILED, MEMORY_LIMIT */
  withPage<Value>(index: number, read: (page: number) => Value): Value
  close(): void
}

import type { Document } from '../records/document.ts'
import type { IndexedPage } from '../records/search.ts'

/** A page that has all words; null for the title and metadata. */
export interface FoundPage {
  readonly document: Document
  readonly page: IndexedPage | null
  /** Whose text it is; of title and metadata the current one. */
  readonly version: number
}

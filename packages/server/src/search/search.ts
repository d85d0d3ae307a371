import type { Caller } from '../access/caller.ts'
import type { Document } from '../records/document.ts'
import type { Id } from '../records/id.ts'
import type { HitWord } from './hit-word.ts'

export interface SearchRequest {
  readonly text: string
  readonly collection_id?: Id | undefined
  readonly after?: string | undefined
  readonly limit: number
}

/** A page that has all words, or a document whose title and metadata have them: then `page` is null and no box is known. */
export interface SearchHit {
  readonly document: Document
  /** From 1. */
  readonly page: number | null
  /** Whose text it is; of title and metadata the current one. */
  readonly version: number
  readonly words: readonly HitWord[]
}

/** Finds pages by their words. */
export interface Search extends AsyncDisposable {
  /**
   * To be called after every write to a document. Comes back when the index has it, or after a second while it goes on. Never rejects: what failed is
   * logged, and the sweep makes it good.
   */
  documentChanged(id: Id): Promise<void>
  /**
   * Collection by collection, the newest first; in each the newest document first, its title before its pages. With `next` not null there may be more, also
   * behind a page with few hits or none: so much is read for one request, and no more.
   * @throws INVALID_REQUEST for a text without words; NOT_FOUND for a collection that the caller may not see; USAGE for a cursor of another search
   */
  search(caller: Caller, request: SearchRequest, signal?: AbortSignal): Promise<{ hits: SearchHit[]; next: string | null }>
}

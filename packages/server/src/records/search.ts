import type { Digest, Matrix, Stored, TableDefinition } from '@imagedoc/core'
import type { Id } from './id.ts'

/** A recognised page as search needs it again. */
export interface IndexedPage {
  /** Of the original, from 0; null where the layout is of no page of it. */
  readonly page: number | null
  /** More than one where the page was split. */
  readonly layouts: readonly { readonly digest: Digest; readonly matrix: Matrix | null }[]
}

/**
 * The words of up to 16 pages of a document, or (part 0) of its title and metadata; `_id` is `<document>-<part>`. Pages share a row because most of
 * their words are the same, which halves the index. Which may be shown is never decided by it.
 */
export interface SearchRow extends Stored {
  readonly document_id: Id
  readonly collection_id: Id
  /** 0 for the title and metadata; pages from 1 on. */
  readonly part: number
  /** Where it comes in results: a number that is smaller for newer documents, and larger for later parts. */
  readonly place: number
  /** Which version was read. */
  readonly version: number
  /** Beginnings of its words, by which it is found: see `keysOfToken`. */
  readonly keys: readonly string[]
  /** The folded words, each with the pages that it stands on: see `encodeWords`. */
  readonly words: string
  /** Empty for the title and metadata. */
  readonly pages: readonly IndexedPage[]
}

export const searchRows: TableDefinition<SearchRow> = {
  name: 'search_rows',
  indexes: {
    by_key: { fields: ['collection_id', 'keys', 'place'] },
    by_place: { fields: ['collection_id', 'place'] },
    by_document: { fields: ['document_id', 'part'] },
  },
}

/** How far a document is indexed; `_id` is the document's. It is there before the first of its rows and goes after the last. */
export interface SearchedDocument extends Stored {
  /** The revision of the document that its rows were made of; -1 while they are being changed. */
  readonly document_revision: number
  /** What its page rows were made of: then only the title is read again. */
  readonly collection_id: Id | null
  readonly version: number | null
}

export const searchedDocuments: TableDefinition<SearchedDocument> = {
  name: 'searched_documents',
  indexes: { by_age: { fields: ['created_at'] } },
}

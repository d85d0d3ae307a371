import { throwIfAborted } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { textVersionOf } from '../documents/text-version.ts'
import type { Collection } from '../records/collection.ts'
import type { Document } from '../records/document.ts'
import { everyRow } from '../records/every-row.ts'
import type { Id } from '../records/id.ts'
import type { SearchRow } from '../records/search.ts'
import type { Services } from '../services.ts'
import { candidates } from './candidates.ts'
import type { Position } from './cursor.ts'
import { foldDocument } from './document-text.ts'
import type { FoundPage } from './found-page.ts'
import type { QueryWords } from './query-words.ts'
import { type Budget, comparePlaces, placeOf } from './row-stream.ts'
import { matchingPages } from './row-words.ts'

/** Rows that one request reads: 0.1 to 0.3 ms each. */
const ROWS = 300
/** Collections that one request looks into. */
const COLLECTIONS = 200

type Needs = Pick<Services, 'access' | 'tables'>

export interface Find {
  readonly query: QueryWords
  readonly collectionId: Id | undefined
  readonly from: Position | undefined
  readonly limit: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Pages with all words that the caller may see, and where to go on: null when there are no more. What may be seen is asked of the collections and documents
 * as they are now; an index row only says where to look. When much had to be read for little, it ends early.
 */
export async function findPages(services: Needs, caller: Caller, find: Find): Promise<{ found: FoundPage[]; next: Position | null }> {
  const state: State = { ...find, budget: { rows: ROWS }, documents: new Map(), found: [] }
  let collections = 0
  for await (const collection of collectionsOf(services, caller, find)) {
    if (collections++ === COLLECTIONS || state.budget.rows <= 0) return { found: state.found, next: { collection, place: null, page: 0 } }
    const next = await findInCollection(services, collection, state)
    if (next) return { found: state.found, next }
  }
  return { found: state.found, next: null }
}

interface State extends Find {
  readonly budget: Budget
  /** Those that were asked for already; undefined for one that may not be shown. */
  readonly documents: Map<Id, Document | undefined>
  readonly found: FoundPage[]
}

/** The newest first, from the cursor's on. */
async function* collectionsOf({ access, tables }: Needs, caller: Caller, { collectionId, from }: Find): AsyncGenerator<Collection> {
  if (collectionId !== undefined) {
    yield await access.collection(caller, collectionId, { role: 'viewer', path: 'collection_id' })
    return
  }
  const at = from?.collection
  const range = at ? { range: { below: new Date(at.created_at.getTime() + 1) } } : {}
  for await (const row of everyRow(tables.collections, {
    index: 'by_reader',
    equals: [caller.userId, null],
    ...range,
    order: 'descending',
  }))
    if (!at || row.created_at < at.created_at || row._id <= at._id) yield row
}

/** Where to go on; undefined when the collection has no more. */
async function findInCollection(services: Needs, collection: Collection, state: State): Promise<Position | undefined> {
  const { budget, query, from, found, limit, signal } = state
  const start = from?.collection._id === collection._id ? from : undefined
  const place = start?.place ?? undefined
  const search = { table: services.tables.searchRows, collectionId: collection._id, from: place, budget }
  const rows = await candidates(search, query)
  for await (const row of rows) {
    throwIfAborted(signal)
    const firstPage = start && place && comparePlaces(placeOf(row), place) === 0 ? start.page : 0
    for (const page of bitsOf(matchingPages(row.words, query), firstPage)) {
      const document = await shownDocument(services, row, { collection, state })
      if (!document) break
      if (found.length === limit) return { collection, place: placeOf(row), page }
      const version = row.part === 0 ? document.current_version : row.version
      found.push({ document, page: row.pages[page] ?? null, version })
    }
    // Never at the row where this request began: the next one would begin there, too.
    if (budget.rows <= 0 && (!place || comparePlaces(placeOf(row), place) > 0))
      return { collection, place: placeOf(row), page: Number.MAX_SAFE_INTEGER }
  }
  return undefined
}

function bitsOf(mask: number, from: number): number[] {
  return Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => bit >= from && (mask & (1 << bit)) !== 0)
}

/** The document as it is now, when this row still tells the truth about it. */
async function shownDocument(
  { tables }: Needs,
  row: SearchRow,
  { collection, state: { documents, query } }: { collection: Collection; state: State },
): Promise<Document | undefined> {
  if (!documents.has(row.document_id)) documents.set(row.document_id, await tables.documents.get(row.document_id))
  const document = documents.get(row.document_id)
  if (!document || document.deleted_at || document.collection_id !== collection._id) return undefined
  if (row.part === 0) return hasWords(document, query) ? document : undefined
  return (await isTextOf({ tables }, document, row.version)) ? document : undefined
}

/** Without a look at the versions where the one that is shown was read, as most are. */
async function isTextOf({ tables }: Pick<Needs, 'tables'>, document: Document, version: number): Promise<boolean> {
  if (document.text === undefined && document.current_version === version) return true
  return (await textVersionOf({ tables }, document)) === version
}

function hasWords(document: Document, { words, prefix }: QueryWords): boolean {
  const tokens = foldDocument(document).map(({ token }) => token)
  return words.every((word) => tokens.includes(word)) && (prefix === null || tokens.some((token) => token.startsWith(prefix)))
}

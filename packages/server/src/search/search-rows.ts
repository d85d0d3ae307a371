import type { BlobStore } from '@imagedoc/core'
import type { Document, Version } from '../records/document.ts'
import type { IndexedPage, SearchRow } from '../records/search.ts'
import { foldDocument } from './document-text.ts'
import { foldLayout } from './fold-layout.ts'
import { keysOfToken } from './keys.ts'
import { pageOfLayout } from './page-of-layout.ts'
import { readLayout } from './read-layout.ts'
import { encodeWords } from './row-words.ts'

/** As many as a mask has bits. */
const PAGES = 16
/** After so many different words a row ends: it is read whole, and the embedded database takes some 40 ms to write it. */
const TOKENS = 2000
/** Of one page. A full page of a newspaper has about 3000. */
const TOKENS_OF_PAGE = 4000
/** Parts that `place` tells apart; further ones are told apart by `_id`. 2 ** 11, since a time in ms takes 42 of a number's 53 bits. */
const PARTS = 2048

type Content = Pick<SearchRow, 'part' | 'keys' | 'words' | 'pages'>

/** The row of its title and metadata. */
export function titleRow(document: Document): SearchRow {
  const tokens = new Map(foldDocument(document).map(({ token }) => [token, 1]))
  return rowOf(document, document.current_version, { part: 0, pages: [], ...encoded(tokens) })
}

/** The rows of a version's pages, in order, made one after the other. */
export async function* pageRows(document: Document, version: Version, blobs: BlobStore): AsyncGenerator<SearchRow> {
  let part = 1
  let pages: IndexedPage[] = []
  let masks = new Map<string, number>()
  for (const page of pagesOf(document, version)) {
    const tokens = await tokensOf(page, blobs)
    for (const token of tokens) masks.set(token, (masks.get(token) ?? 0) | (1 << pages.length))
    pages.push(page)
    if (pages.length < PAGES && masks.size < TOKENS) continue
    yield rowOf(document, version.number, { part, pages, ...encoded(masks) })
    ;[part, pages, masks] = [part + 1, [], new Map()]
  }
  if (pages.length > 0) yield rowOf(document, version.number, { part, pages, ...encoded(masks) })
}

function rowOf(document: Document, version: number, content: Content): SearchRow {
  return {
    _id: `${document._id}-${content.part.toString(16).padStart(4, '0')}`,
    revision: 0,
    created_at: document.created_at,
    document_id: document._id,
    ...belonging(document, content.part),
    version,
    ...content,
  }
}

/** What changes when a document is moved. */
export function belonging({ collection_id, created_at }: Document, part: number): Pick<SearchRow, 'collection_id' | 'place'> {
  return { collection_id, place: Math.min(part, PARTS - 1) - created_at.getTime() * PARTS }
}

function encoded(masks: ReadonlyMap<string, number>): Pick<SearchRow, 'keys' | 'words'> {
  return { keys: [...new Set([...masks.keys()].flatMap(keysOfToken))].sort(), words: encodeWords(masks) }
}

async function tokensOf({ layouts }: IndexedPage, blobs: BlobStore): Promise<Set<string>> {
  const tokens = new Set<string>()
  for (const { digest } of layouts) {
    const layout = await readLayout(blobs, digest)
    for (const { token } of layout ? foldLayout(layout) : []) if (tokens.size < TOKENS_OF_PAGE) tokens.add(token)
  }
  return tokens
}

/** The layouts by page of the original, split ones together; those that are of no page of it come last. */
function pagesOf(document: Document, version: Version): IndexedPage[] {
  const layouts = version.layouts.map(({ page: name, descriptor, matrix }) => {
    const { page, part } = pageOfLayout(name, document)
    return { page, part, digest: descriptor.digest, matrix: page === null ? null : matrix }
  })
  const known = Map.groupBy(
    layouts.filter(({ page }) => page !== null),
    ({ page }) => page,
  )
  const ordered = [...known].sort(([a], [b]) => (a ?? 0) - (b ?? 0))
  return [
    ...ordered.map(([page, parts]) => ({
      page,
      layouts: parts.sort((a, b) => comparePaths(a.part, b.part)).map(({ digest, matrix }) => ({ digest, matrix })),
    })),
    ...layouts.filter(({ page }) => page === null).map(({ digest, matrix }) => ({ page: null, layouts: [{ digest, matrix }] })),
  ]
}

/** Parts in reading order: parts of a part stand where that stood. */
function comparePaths(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, index) => part !== b[index])
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1)
}

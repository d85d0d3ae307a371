import type { Table } from '@imagedoc/core'
import type { Id } from '../records/id.ts'
import type { SearchRow } from '../records/search.ts'
import { firstFrom } from './match.ts'
import type { QueryWords } from './query-words.ts'
import { type Budget, merged, type Place, rowStream } from './row-stream.ts'

/** A prefix of so many different words at most is looked for word by word. */
const EXPANSIONS = 16
/** With so few rows a word need not be compared with the others. */
const FEW = 32
/** Behind everything that begins as a prefix does: no text has this code unit. */
const LAST = '\uffff'
const FIRST_READ = 24

interface Search {
  readonly table: Table<SearchRow>
  readonly collectionId: Id
  readonly query: QueryWords
  /** The first row that may be given. */
  readonly from: Place | undefined
  readonly budget: Budget
}

/**
 * Rows of a collection that may match, in order: those of the rarest word that is asked for. Where only a prefix of many words is asked for, all rows:
 * then every few of them have it.
 */
export async function candidates(search: Search): Promise<AsyncGenerator<SearchRow>> {
  const tokens = await rarest(search)
  if (!tokens) return rowStream({ ...search, index: 'by_place', equals: [search.collectionId] }, FIRST_READ)
  const firstRead = Math.max(2, Math.ceil(FIRST_READ / tokens.length))
  return merged(tokens.map((token) => rowStream({ ...search, index: 'by_token', equals: [search.collectionId, token] }, firstRead)))
}

/** Every match has one of these; undefined when nothing is rare. */
async function rarest(search: Search): Promise<readonly string[] | undefined> {
  let best: { tokens: readonly string[]; count: number } | undefined
  for (const word of search.query.words) {
    const count = await countOf(search, word)
    if (!best || count < best.count) best = { tokens: [word], count }
    if (count <= FEW) return count === 0 ? [] : best.tokens
  }
  const tokens = await expansions(search)
  if (!tokens) return best?.tokens
  if (!best) return tokens
  let sum = 0
  for (const token of tokens) sum += await countOf(search, token)
  return sum < best.count ? tokens : best.tokens
}

function countOf({ table, collectionId }: Search, token: string): Promise<number> {
  return table.count('by_token', [collectionId, token])
}

/** The words of the collection that begin with the prefix; undefined when they are too many. Each is found by skipping what is behind the one before. */
async function expansions({ table, collectionId, query: { prefix }, budget }: Search): Promise<string[] | undefined> {
  const tokens: string[] = []
  let from = prefix
  for (;;) {
    const range = { from, below: `${prefix}${LAST}` }
    const [row] = (await table.list({ index: 'by_token', equals: [collectionId], range, limit: 1 })).rows
    if (!row) return tokens
    if (tokens.length === EXPANSIONS) return undefined
    budget.rows--
    const token = row.tokens[firstFrom(row.tokens, from)] ?? from
    tokens.push(token)
    from = `${token}\0`
  }
}

import type { SearchRow } from '../records/search.ts'
import { keyOfPrefix, keyOfWord } from './keys.ts'
import type { QueryWords } from './query-words.ts'
import { type RowsFrom, rowStream } from './row-stream.ts'

/** With so few rows a word need not be compared with the others. */
const FEW = 32
/** Longer words are rarer: of many only these are counted. */
const COUNTED = 4

/** Rows of a collection that may match, in order: those of the rarest word that is asked for. Of one or two letters alone, all rows: then most have it. */
export async function candidates(search: RowsFrom, query: QueryWords): Promise<AsyncGenerator<SearchRow>> {
  const key = await rarestKey(search, query)
  const { collectionId } = search
  return key === undefined
    ? rowStream(search, { index: 'by_place', equals: [collectionId] })
    : rowStream(search, { index: 'by_key', equals: [collectionId, key] })
}

async function rarestKey({ table, collectionId }: RowsFrom, { words, prefix }: QueryWords): Promise<string | undefined> {
  const last = prefix === null ? undefined : keyOfPrefix(prefix)
  const keys = [...words.map(keyOfWord), ...(last === undefined ? [] : [last])].sort((a, b) => b.length - a.length)
  if (keys.length < 2) return keys[0]
  let best: { key: string; count: number } | undefined
  for (const key of keys.slice(0, COUNTED)) {
    const count = await table.count('by_key', [collectionId, key])
    if (!best || count < best.count) best = { key, count }
    if (count <= FEW) break
  }
  return best?.key
}

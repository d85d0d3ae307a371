import type { SearchRow } from '../records/search.ts'
import type { QueryWords } from './query-words.ts'

/** Which pages of a row have all words: bits as in `SearchRow.masks`. */
export function matchingPages(row: Pick<SearchRow, 'tokens' | 'masks'>, { words, prefix }: QueryWords): number {
  let pages = prefixMask(row, prefix)
  for (const word of words) {
    if (pages === 0) return 0
    const at = firstFrom(row.tokens, word)
    pages &= row.tokens[at] === word ? maskAt(row, at) : 0
  }
  return pages
}

function prefixMask(row: Pick<SearchRow, 'tokens' | 'masks'>, prefix: string): number {
  let mask = 0
  for (let at = firstFrom(row.tokens, prefix); row.tokens[at]?.startsWith(prefix); at++) mask |= maskAt(row, at)
  return mask
}

function maskAt({ masks }: Pick<SearchRow, 'masks'>, at: number): number {
  return Number.parseInt(masks.slice(at * 4, at * 4 + 4), 16)
}

/** Where in sorted tokens the first one stands that is not before this one. */
export function firstFrom(tokens: readonly string[], token: string): number {
  let [low, high] = [0, tokens.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((tokens[middle] ?? '') < token) low = middle + 1
    else high = middle
  }
  return low
}

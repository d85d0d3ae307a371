import type { QueryWords } from './query-words.ts'

/**
 * The words of a row with the pages that they stand on, as one text: ` casa:3 rei:8001 `. One text, and not two lists, because a row is read much more often than any one
 * of its words. Words hold neither blanks nor colons.
 */
export function encodeWords(masks: ReadonlyMap<string, number>): string {
  return ` ${[...masks].map(([word, mask]) => `${word}:${mask.toString(16)} `).join('')}`
}

/** Which pages have all words: bit n for page n. */
export function matchingPages(rowWords: string, { words, prefix }: QueryWords): number {
  let pages = prefix === null ? ~0 : maskOf(rowWords, ` ${prefix}`)
  for (const word of words) {
    if (pages === 0) break
    pages &= maskOf(rowWords, ` ${word}:`)
  }
  return pages
}

/** Of every word that begins so. */
function maskOf(rowWords: string, beginning: string): number {
  let mask = 0
  for (let at = rowWords.indexOf(beginning); at >= 0; at = rowWords.indexOf(beginning, at + 1)) {
    const colon = rowWords.indexOf(':', at)
    mask |= Number.parseInt(rowWords.slice(colon + 1, rowWords.indexOf(' ', colon)), 16)
  }
  return mask
}

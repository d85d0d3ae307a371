/** Beginnings of so many characters are looked up in the index: a whole word by its longest, an unfinished one by the longest that it has already. */
const LENGTHS = [3, 5, 8]

/**
 * What a row stands in the index by for one of its words. Equal values alone, so that every driver answers it in order and at once; what begins alike is told apart by
 * the row itself.
 */
export function keysOfToken(token: string): string[] {
  return [...new Set(LENGTHS.map((length) => cut(token, length)))]
}

/** Every row with this word stands here. */
export function keyOfWord(word: string): string {
  return cut(word, LENGTHS.at(-1) ?? 0)
}

/** Every row with a word that begins so stands here; undefined for a beginning that is too short to be looked up. */
export function keyOfPrefix(prefix: string): string | undefined {
  const length = LENGTHS.findLast((each) => each <= prefix.length)
  return length === undefined ? undefined : cut(prefix, length)
}

/** Never in the middle of a surrogate pair, which no database keeps. */
function cut(text: string, length: number): string {
  const part = text.slice(0, length)
  return part.isWellFormed() ? part : part.slice(0, -1)
}

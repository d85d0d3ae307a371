import { ImageDocError } from '@imagedoc/core'
import { foldText, neededOfRun, neededOfWord, piecesOf } from './fold.ts'

const MOST = 16

/** What is looked for: every one of `words`, and something that begins with `prefix`. */
export interface QueryWords {
  /** Distinct. */
  readonly words: readonly string[]
  /** The last word, which may be unfinished. */
  readonly prefix: string
}

/** @throws INVALID_REQUEST for a text without words, or with too many */
export function queryWords(text: string): QueryWords {
  const needed = piecesOf(foldText(text)).flatMap(({ kind, text: found }) => (kind === 'run' ? neededOfRun(found) : neededOfWord(found)))
  const prefix = needed.at(-1)
  if (prefix === undefined)
    throw new ImageDocError('INVALID_REQUEST', 'There is no word to look for: no letter and no digit.', { path: 'text' })
  const words = [...new Set(needed.slice(0, -1))]
  if (words.length >= MOST) throw new ImageDocError('INVALID_REQUEST', `At most ${MOST} words are looked for at a time.`, { path: 'text' })
  return { words, prefix }
}

/** Whether a token is one of the words that were asked for. */
export function isAskedFor({ words, prefix }: QueryWords, token: string): boolean {
  return token.startsWith(prefix) || words.includes(token)
}

import { ImageDocError } from '@imagedoc/core'
import { foldText, neededOfRun, neededOfWord, piecesOf } from './fold.ts'

const MOST = 16

/** What is looked for: every one of `words`, and a word that begins with `prefix`. */
export interface QueryWords {
  /** Distinct. */
  readonly words: readonly string[]
  /** The last word, which may be unfinished; null where it is of a script without spaces. */
  readonly prefix: string | null
}

/** @throws INVALID_REQUEST for a text without words, or with too many */
export function queryWords(text: string): QueryWords {
  const pieces = piecesOf(foldText(text))
  const needed = pieces.flatMap(({ kind, text: found }) => (kind === 'run' ? neededOfRun(found) : neededOfWord(found)))
  const prefix = pieces.at(-1)?.kind === 'word' ? (needed.pop() ?? null) : null
  const words = [...new Set(needed)]
  const count = words.length + Number(prefix !== null)
  if (count === 0) throw new ImageDocError('INVALID_REQUEST', 'There is no word to look for: no letter and no digit.', { path: 'text' })
  if (count > MOST) throw new ImageDocError('INVALID_REQUEST', `At most ${MOST} words are looked for at a time.`, { path: 'text' })
  return { words, prefix }
}

/** Whether a token is one of the words that were asked for. */
export function isAskedFor({ words, prefix }: QueryWords, token: string): boolean {
  return (prefix !== null && token.startsWith(prefix)) || words.includes(token)
}

import { type Layout, passagesOf, placedWords, type Word } from '@imagedoc/core'
import { foldText, type Piece, piecesOf, tokensOfRun, tokensOfWord } from './fold.ts'

/** Words in lines in passages. */
export type Passages<Text extends { readonly text: string }> = readonly (readonly (readonly Text[])[])[]

/** A token and the words of the page that it is made of: two where a line breaks the word. */
export interface PlacedToken<Text> {
  readonly token: string
  readonly words: readonly Text[]
}

/** At the end of a line: the word goes on in the next one. */
const broken = /[-\u00ad\u00ac\u2010\u2011\u2e17]$/u

/** One word of the page in pieces. */
interface InPieces<Text> {
  readonly word: Text
  readonly pieces: readonly Piece[]
}

/**
 * Everything that a page is found by. What is stored and where a hit's boxes stand comes from here alone, so that the two cannot differ. A line that has
 * no words is found in its own box.
 */
export function foldLayout({ blocks }: Layout): PlacedToken<Word>[] {
  return foldPassages(blocks.flatMap((block) => passagesOf(block).map((lines) => lines.map(placedWords))))
}

/** A word is not joined over the end of a passage. */
export function foldPassages<Text extends { readonly text: string }>(passages: Passages<Text>): PlacedToken<Text>[] {
  return passages.flatMap((lines) => {
    const folded = lines.map((words) => words.map((word) => ({ word, pieces: piecesOf(foldText(word.text)) })))
    const words = folded.flat()
    return [...words.flatMap(tokensOf), ...folded.flatMap((line, index) => brokenWord(line, folded[index + 1])), ...tokensOfRuns(words)]
  })
}

function tokensOf<Text>({ word, pieces }: InPieces<Text>): PlacedToken<Text>[] {
  return pieces.flatMap(({ kind, text }) => (kind === 'word' ? tokensOfWord(text).map((token) => ({ token, words: [word] })) : []))
}

/** `Lis-` at the end of a line and `boa` in the next are `lisboa` too. */
function brokenWord<Text extends { readonly text: string }>(
  line: readonly InPieces<Text>[],
  next: readonly InPieces<Text>[] | undefined,
): PlacedToken<Text>[] {
  const [head, tail] = [line.at(-1), next?.[0]]
  if (!head || !tail || !broken.test(head.word.text.trim())) return []
  const [first, second] = [head.pieces.at(-1), tail.pieces[0]]
  if (first?.kind !== 'word' || second?.kind !== 'word' || !second.atStart) return []
  return tokensOfWord(`${first.text}${second.text}`).map((token) => ({ token, words: [head.word, tail.word] }))
}

/**
 * Runs of scripts without spaces, which go on from word to word and from line to line: where an engine cuts them says nothing.
 */
function tokensOfRuns<Text>(words: readonly InPieces<Text>[]): PlacedToken<Text>[] {
  const placed: PlacedToken<Text>[] = []
  let run: { character: string; word: Text }[] = []
  const end = (): void => {
    const characters = run.map(({ character }) => character)
    run.forEach(({ word }, index) => {
      for (const token of tokensOfRun(characters, index)) {
        const other = run[index + 1]?.word
        const owners = token !== characters[index] && other !== undefined && other !== word ? [word, other] : [word]
        placed.push({ token, words: owners })
      }
    })
    run = []
  }
  for (const { word, pieces } of words)
    for (const { kind, text, atStart, atEnd } of pieces) {
      if (kind === 'word' || !atStart) end()
      if (kind === 'run') run.push(...Array.from(text, (character) => ({ character, word })))
      if (!atEnd) end()
    }
  end()
  return placed
}

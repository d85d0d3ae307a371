import type { Block, Line, Word } from './layout.ts'

/** The lines of a block in reading order: of a list item by item, of a table row by row and cell by cell. */
export function linesOf(block: Block): readonly Line[] {
  return passagesOf(block).flat()
}

/**
 * The lines of a block in groups that read on from one line to the next: one of all lines, but one for each item of a list and each cell of a table.
 * A word is never divided over the end of a passage.
 */
export function passagesOf(block: Block): readonly (readonly Line[])[] {
  if (block.kind === 'separator') return []
  if (block.kind === 'list') return block.items.map(({ lines }) => lines)
  if (block.kind !== 'table') return [block.lines]
  const cells = block.rows.flatMap(({ cells }) => cells.map(({ lines }) => lines))
  return block.lines.length > 0 ? [...cells, block.lines] : cells
}

/** The text of a line: its own, or its words with what their script puts between them: nothing in Chinese, Japanese, Thai and their like, else a blank. */
export function lineText({ text, words = [] }: Pick<Line, 'text' | 'words'>): string {
  return text ?? words.map((word, index) => between(words[index - 1], word) + word.text).join('')
}

/**
 * A line as words that can be shown at their places: its words, but the whole line as one in its box where there are none, or where its own text
 * says something else than they.
 */
export function placedWords(line: Line): readonly Word[] {
  const { words = [], text } = line
  const areTheText = text === undefined || bare(text) === bare(words.map((word) => word.text).join(''))
  if (words.length > 0 && areTheText) return words
  const { id, box, confidence, language, script } = line
  return text === undefined || text.trim() === '' ? [] : [{ id, box, text, confidence, language, script }]
}

const bare = (text: string): string => text.replace(/\s+/gu, '')

/** Scripts that put no blank between words (Korean does), and the signs of their fonts. */
const unspaced = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\uff00-\uff65]/u
const letter = /\p{L}/u

/** Between two words of such scripts there is nothing, nor beside a number or sign; between one of them and a Latin word there is a blank. */
function between(before: Pick<Word, 'text'> | undefined, after: Pick<Word, 'text'>): string {
  const sides = [lastOf(before?.text ?? ''), firstOf(after.text)]
  if (sides.includes('')) return ''
  const isSpaced = !sides.some((side) => unspaced.test(side)) || sides.some((side) => letter.test(side) && !unspaced.test(side))
  return isSpaced ? ' ' : ''
}

const firstOf = (text: string): string => text.match(/^./su)?.[0] ?? ''
const lastOf = (text: string): string => text.match(/.$/su)?.[0] ?? ''

import {
  type Block,
  defineOperation,
  type Layout,
  type Line,
  layout,
  linesOf,
  lineText,
  many,
  passagesOf,
  placedWords,
  type TableBlock,
  type TableCell,
  text as textPort,
  throwIfAborted,
} from '@imagedoc/core'
import { z } from 'zod'

/** `ocr.text`: the recognised pages of a document become one text. */
export const text = defineOperation({
  name: 'ocr.text',
  version: 2,
  summary: 'One text from recognised pages: a form feed between pages, an empty line between paragraphs.',
  input: many(layout),
  output: textPort,
  params: z.strictObject({
    language: z.string().min(1).optional().meta({ description: 'Language of the text. Default: the one most words were read in.' }),
    hyphens: z
      .enum(['keep', 'join'])
      .default('keep')
      .meta({ description: 'Whether a word that is divided at the end of a line is put together again.' }),
  }),
  traits: { holes: 'accept', blocking: false },
  example: { hyphens: 'join' },
  async run({ input, params, context }) {
    const pages: string[] = []
    const counts = new Map<string, number>()
    for (let index = 0; index < input.length; index++) {
      throwIfAborted(context.signal)
      // A hole stays as an empty page, so that page numbers can still be counted by form feeds.
      const page = input.has(index) ? await input.at(index) : undefined
      if (page) countLanguages(page, counts)
      pages.push(page ? pageText(page, params.hyphens === 'join') : '')
    }
    const [mostly] = [...counts].sort((a, b) => b[1] - a[1])
    return { output: { text: pages.join('\f'), language: params.language ?? mostly?.[0] ?? null } }
  },
})

function countLanguages(page: Layout, counts: Map<string, number>): void {
  for (const block of page.blocks)
    for (const line of linesOf(block))
      for (const word of placedWords(line)) {
        const language = word.language ?? line.language ?? block.language ?? page.language
        if (language) counts.set(language, (counts.get(language) ?? 0) + 1)
      }
}

function pageText(page: Layout, join: boolean): string {
  const texts = page.blocks.map((block) => blockText(block, join))
  return texts.filter((text) => text !== '').join('\n\n')
}

/** A line feed between lines, also between the items of a list. */
function blockText(block: Block, join: boolean): string {
  const passages = block.kind === 'table' ? rowsOf(block) : passagesOf(block).map((lines) => passageLines(lines, join))
  return passages.flat().join('\n')
}

/** A row is a line, with a tab before each column but the first; what is in no cell follows line by line. */
function rowsOf({ rows, lines }: TableBlock): string[] {
  return [...rows.map(({ cells }) => rowText(cells)), ...passageLines(lines, false)]
}

function rowText(cells: readonly TableCell[]): string {
  const columns: string[] = []
  for (const { column, lines } of cells) columns[column] = passageLines(lines, false).join(' ')
  return Array.from(columns, (text = '') => text).join('\t')
}

/** A line that was found but not read has no text. */
function passageLines(lines: readonly Line[], join: boolean): string[] {
  const texts = lines.map(lineText).filter((text) => text !== '')
  return join ? joinHyphens(texts) : texts
}

/** A hyphen after a letter with a small letter below it divides a word; the rest of the word moves up. */
function joinHyphens(lines: readonly string[]): string[] {
  const joined: string[] = []
  for (const line of lines) {
    const above = joined.at(-1)
    const divided = above === undefined ? null : /^(.*\p{L})[-\u00ad\u2010\u00ac]$/u.exec(above)
    const rest = divided && /^(\p{Ll}\S*)\s*(.*)$/u.exec(line)
    if (!rest) joined.push(line)
    else joined.splice(-1, 1, `${divided[1]}${rest[1]}`, ...(rest[2] ? [rest[2]] : []))
  }
  return joined
}

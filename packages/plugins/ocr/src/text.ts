import { defineOperation, type Layout, type Line, layout, many, text as textPort, throwIfAborted } from '@imagedoc/core'
import { z } from 'zod'

/** `ocr.text`: the recognised pages of a document become one text. */
export const text = defineOperation({
  name: 'ocr.text',
  version: 1,
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
  for (const { language } of page.blocks.flatMap((block) => block.lines).flatMap((line) => line.words)) {
    if (language) counts.set(language, (counts.get(language) ?? 0) + 1)
  }
}

function pageText(page: Layout, join: boolean): string {
  const paragraphs = page.blocks.filter((block) => block.lines.length > 0)
  return paragraphs.map(({ lines }) => (join ? joinHyphens(lines.map(lineText)) : lines.map(lineText)).join('\n')).join('\n\n')
}

function lineText(line: Line): string {
  return line.words.map((word) => word.text).join(' ')
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

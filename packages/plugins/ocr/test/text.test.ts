import { type Block, createLayout, type Layout, type LayoutDraft, type Line, sequenceOf } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { text } from '../src/text.ts'
import { fakeContext } from './context.ts'

const box = [0, 0, 100, 100] as const
const page = (paragraphs: string[], language?: string): Layout =>
  createLayout({ width: 100, height: 100, density: null, blocks: paragraphs.map((paragraph) => blockOf(paragraph, language)) })

/** An empty paragraph is a picture. */
function blockOf(paragraph: string, language?: string): LayoutDraft<Block> {
  if (paragraph === '') return { kind: 'picture', box, lines: [] }
  return { kind: 'paragraph', box, lines: linesFrom(paragraph, language) }
}

function linesFrom(text: string, language?: string): LayoutDraft<Line>[] {
  return text
    .split('\n')
    .map((line) => ({ box, words: line.split(' ').map((word) => ({ text: word, box, confidence: 1, ...(language && { language }) })) }))
}

async function run(pages: (Layout | undefined)[], params: { language?: string; hyphens?: 'keep' | 'join' } = {}) {
  const input = sequenceOf(
    pages.length,
    (index) => pages[index] as Layout,
    (index) => pages[index] !== undefined,
  )
  return (await text.run({ input, params: text.params.parse(params), context: fakeContext(undefined) })).output
}

describe('ocr.text', () => {
  it('puts a line feed after a line, an empty line between paragraphs and a form feed between pages', async () => {
    expect((await run([page(['One two\nthree', '', 'Four']), page(['Five'])])).text).toBe('One two\nthree\n\nFour\fFive')
  })

  it('leaves an empty page for a skipped or empty one, so that page numbers stay right', async () => {
    expect((await run([undefined, page(['Two']), page([]), page(['Four']), undefined])).text).toBe('\fTwo\f\fFour\f')
  })

  it('gives one page without a form feed, and nothing for no page', async () => {
    expect((await run([page(['One'])])).text).toBe('One')
    expect((await run([])).text).toBe('')
  })

  it('keeps divided words unless it is told to join them', async () => {
    const divided = page(['the light-\nhouse keep-\ner, in Saint-\nDenis 1914-\n18', 'and well-\nknown'])
    expect((await run([divided])).text).toBe('the light-\nhouse keep-\ner, in Saint-\nDenis 1914-\n18\n\nand well-\nknown')
    expect((await run([divided], { hyphens: 'join' })).text).toBe('the lighthouse\nkeeper,\nin Saint-\nDenis 1914-\n18\n\nand wellknown')
  })

  it('names the language that most words were read in, or the one it is given', async () => {
    expect((await run([page(['a b'], 'eng'), page(['c d e'], 'por')])).language).toBe('por')
    expect((await run([page(['a b'])])).language).toBeNull()
    expect((await run([page(['a b'], 'eng')], { language: 'pt-BR' })).language).toBe('pt-BR')
  })

  it('names the language of a word, else that of its line, block or page', async () => {
    const lines = [{ box, text: 'uma linha', language: 'por' }, ...linesFrom('a line of words')]
    const mixed = { width: 100, height: 100, density: null, language: 'glg' }
    const inBlock = createLayout({ ...mixed, blocks: [{ kind: 'paragraph', box, language: 'eng', lines }] })
    expect((await run([inBlock])).language).toBe('eng')
    expect((await run([createLayout({ ...mixed, blocks: [{ kind: 'paragraph', box, lines }] })])).language).toBe('glg')
  })

  it('takes the own text of a line before its words, and passes over a line that nobody has read', async () => {
    const lines = [
      {
        box,
        text: 'Vossa Mercê',
        words: [
          { box, text: 'V.' },
          { box, text: 'M.ce' },
        ],
      },
      { box },
      ...linesFrom('fim'),
    ]
    const written = createLayout({ width: 100, height: 100, density: null, blocks: [{ kind: 'paragraph', box, hand: 'hand', lines }] })
    expect((await run([written])).text).toBe('Vossa Mercê\nfim')
  })

  it('puts a tab between the columns of a table, an empty one too, and a line feed between rows and between items', async () => {
    const cell = (text: string, column: number) => ({ box, column, lines: linesFrom(text) })
    const rows = [{ cells: [cell('Ano', 0), cell('Saldo', 2)] }, { cells: [cell('1898\na 1899', 0), cell('réis', 1), cell('7', 2)] }]
    const blocks: LayoutDraft<Block>[] = [
      { kind: 'table', box, rows, lines: linesFrom('em contos') },
      {
        kind: 'list',
        box,
        items: [
          { box, lines: linesFrom('a) um bar-\nco') },
          { box, lines: linesFrom('b) dois') },
        ],
      },
      { kind: 'separator', box },
    ]
    const ledger = createLayout({ width: 100, height: 100, density: null, blocks })
    const table = 'Ano\t\tSaldo\n1898 a 1899\tréis\t7\nem contos'
    expect((await run([ledger])).text).toBe(`${table}\n\na) um bar-\nco\nb) dois`)
    expect((await run([ledger], { hyphens: 'join' })).text).toBe(`${table}\n\na) um barco\nb) dois`)
  })

  it('stops when it is aborted', async () => {
    const input = sequenceOf(1, () => page(['a']))
    const context = fakeContext(undefined, AbortSignal.abort())
    await expect((async () => text.run({ input, params: text.params.parse({}), context }))()).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

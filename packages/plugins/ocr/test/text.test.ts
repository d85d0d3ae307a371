import { type Layout, sequenceOf } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { text } from '../src/text.ts'
import { fakeContext } from './context.ts'

const page = (paragraphs: string[], language?: string): Layout => ({
  schemaVersion: 1,
  width: 100,
  height: 100,
  density: null,
  blocks: paragraphs.map((paragraph) => ({
    kind: paragraph === '' ? ('image' as const) : ('text' as const),
    box: [0, 0, 100, 100] as const,
    lines: (paragraph === '' ? [] : paragraph.split('\n')).map((line) => ({
      box: [0, 0, 100, 10] as const,
      words: line.split(' ').map((word) => ({ text: word, box: [0, 0, 10, 10] as const, confidence: 1, ...(language && { language }) })),
    })),
  })),
})

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

  it('stops when it is aborted', async () => {
    const input = sequenceOf(1, () => page(['a']))
    const context = fakeContext(undefined, AbortSignal.abort())
    await expect((async () => text.run({ input, params: text.params.parse({}), context }))()).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

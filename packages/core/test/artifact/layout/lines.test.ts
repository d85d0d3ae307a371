import { describe, expect, it } from 'vitest'
import { createLayout, linesOf, lineText, passagesOf, placedWords } from '../../../src/index.ts'
import { fullLayout } from './full-layout.ts'

const box = [0, 0, 10, 10] as const
const words = (...texts: string[]) => texts.map((text, index) => ({ id: `w${index}`, box, text }))

describe('the lines of a block', () => {
  it('are those of its items, and of its cells row by row before those in no cell', () => {
    const texts = fullLayout.blocks.map((block) => linesOf(block).map(lineText))
    expect(texts.slice(0, 8)).toEqual([['Terramoto'], ['só', ''], ['a) um'], ['1755', '1755', 'réis'], ['Fig.'], ['Lisboa'], [], []])
  })

  it('are one passage, but one for each item and cell', () => {
    expect(fullLayout.blocks.slice(0, 8).map((block) => passagesOf(block).length)).toEqual([1, 1, 1, 3, 1, 1, 1, 0])
  })
})

describe('the text of a line', () => {
  it.each([
    [['Dom', 'João', 'V'], 'Dom João V'],
    [['東京', '都', 'の'], '東京都の'],
    [['第', '3', '章', '。'], '第3章。'],
    [['使用', 'Python', '编程'], '使用 Python 编程'],
    [['ภาษา', 'ไทย'], 'ภาษาไทย'],
    [['한국어', '문장'], '한국어 문장'],
    [['𠀀', '𠀁'], '𠀀𠀁'],
    [['«', 'בְּרֵאשִׁית'], '« בְּרֵאשִׁית'],
    [[], ''],
  ])('is of the words %j %j', (texts, text) => expect(lineText({ words: words(...texts) })).toBe(text))

  it('is its own before that of its words, also where that is empty', () => {
    expect(lineText({ text: 'Vossa Mercê', words: words('V.', 'M.ce') })).toBe('Vossa Mercê')
    expect(lineText({ text: '', words: words('dirt') })).toBe('')
    expect(lineText({})).toBe('')
  })
})

describe('the words of a line at their places', () => {
  const line = { id: 'l', box, confidence: 0.5, language: 'por', script: 'Latn' }
  it('are its words, also where its own text parts them otherwise', () => {
    const placed = words('Lisboa', ',')
    expect(placedWords({ ...line, words: placed })).toBe(placed)
    expect(placedWords({ ...line, words: placed, text: 'Lisboa,' })).toBe(placed)
  })

  it('are the line as one word where it has none, or where its own text is another', () => {
    const whole = [{ id: 'l', box, text: 'Vossa Mercê', confidence: 0.5, language: 'por', script: 'Latn' }]
    expect(placedWords({ ...line, text: 'Vossa Mercê' })).toEqual(whole)
    expect(placedWords({ ...line, text: 'Vossa Mercê', words: words('V.', 'M.ce') })).toEqual(whole)
  })

  it('are none where nothing was read, or a corrector took the text away', () => {
    for (const nothing of [line, { ...line, text: ' ' }, { ...line, text: '', words: words('dirt') }])
      expect(placedWords(nothing)).toEqual([])
  })
})

describe('createLayout', () => {
  it('gives every part an id by its place, the same each time, and leaves what has one', () => {
    const draft = {
      width: 10,
      height: 10,
      density: null,
      blocks: [
        {
          kind: 'paragraph' as const,
          box,
          lines: [
            {
              box,
              words: [
                { box, text: 'a' },
                { id: 'b2', box, text: 'b' },
              ],
            },
          ],
        },
        { kind: 'paragraph' as const, box, lines: [{ box, text: 'c' }] },
        { kind: 'table' as const, box, rows: [{ cells: [{ box, column: 0, lines: [{ box }] }] }], lines: [] },
        { id: 'TB_7', kind: 'list' as const, box, items: [{ box, lines: [{ box }] }] },
      ],
    }
    const ids = JSON.stringify(createLayout(draft)).match(/"id":"[^"]*"/g)
    expect(ids?.map((id) => id.slice(6, -1))).toEqual('b1 b1l1 b1l1w1 b2 b2-2 b2-2l1 b3 b3r1c1 b3r1c1l1 TB_7 TB_7i1 TB_7i1l1'.split(' '))
    expect(createLayout(draft)).toEqual(createLayout(draft))
  })

  it('keeps the ids of a layout that is changed: a block that is moved, and one that is added', () => {
    const { schemaVersion: _, ...before } = fullLayout
    const [first, ...others] = before.blocks
    const after = createLayout({ ...before, blocks: [{ kind: 'separator', box }, ...others, first as never] })
    expect(after.blocks.slice(1)).toEqual([...others, first])
    expect(after.blocks[0]?.id).toBe('b1-2')
  })
})

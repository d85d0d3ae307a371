import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { layoutKind } from '../../../src/artifact/kind.ts'
import { type ImageDocError, type Layout, parseLayout } from '../../../src/index.ts'
import { fullLayout } from './full-layout.ts'

/** The full layout with one member set to something else. */
function changed(path: string, value: unknown): unknown {
  const layout = JSON.parse(JSON.stringify(fullLayout))
  const names = path.split('.')
  const last = names.pop() as string
  names.reduce((part, name) => part[name], layout)[last] = value
  return layout
}

/** The faults of a layout with one member changed. */
function faultsOf(value: unknown): string[] {
  try {
    parseLayout(value)
  } catch (error) {
    expect(error).toMatchObject({ code: 'CORRUPT_INPUT' })
    const { problems } = (error as ImageDocError).details as { problems: { path: string; message: string }[] }
    return problems.map(({ path, message }) => `${path}: ${message}`)
  }
  return []
}

describe('parseLayout', () => {
  it('gives a layout with every member back as it is', () => {
    expect(parseLayout(structuredClone(fullLayout))).toEqual(fullLayout)
  })

  it.each([
    ['a number too few in a box', changed('blocks.0.lines.0.box', [0, 0, 1]), 'blocks[0].lines[0].box: '],
    ['a box from right to left', changed('blocks.0.box', [9, 0, 1, 1]), 'blocks[0].box: A box is'],
    ['a confidence in per cent', changed('blocks.1.lines.0.words.0.confidence', 93), 'blocks[1].lines[0].words[0].confidence: '],
    ['half a point', changed('blocks.0.lines.0.baseline', [0, 0, 1, 1, 2]), 'blocks[0].lines[0].baseline: Points are'],
    ['an outline of two points', changed('blocks.2.polygon', [0, 0, 1, 1]), 'blocks[2].polygon: '],
    ['an unknown kind', changed('blocks.6.kind', 'poem'), 'blocks[6].kind: A block is one of: paragraph, verse,'],
    ['a misspelt member', changed('blocks.3.rows.1.cells.0.colspan', 2), 'blocks[3].rows[1].cells[0].colspan: '],
    ['a member of another kind', changed('blocks.7.lines', []), 'blocks[7].lines: '],
    ['a seventh level', changed('blocks.0.level', 7), 'blocks[0].level: '],
    ['an id that no file of XML may have', changed('blocks.3.id', '1:a'), 'blocks[3].id: An id is'],
    ['an id that stands twice', changed('blocks.2.items.0.id', 'b1'), 'blocks[2].items[0].id: Another part'],
    ['a block that is not there', changed('blocks.5.belongsTo', 'b99'), 'blocks[5].belongsTo: There is no block "b99"'],
    ['a script by its name', changed('script', 'Latin'), 'script: A script is four letters'],
    ['a version to come', changed('schemaVersion', 3), 'schemaVersion: '],
  ])('names the place of %s', (_, layout, place) => {
    expect(faultsOf(layout)).toEqual([expect.stringContaining(place)])
  })

  it('says of what is no layout that it is none, and tells the first faults of many', () => {
    for (const value of [null, 'text', [], {}]) expect(faultsOf(value)).not.toEqual([])
    const blocks = Array.from({ length: 9 }, () => ({ ...fullLayout.blocks[7], kind: 'poem' }))
    expect(() => parseLayout({ ...fullLayout, blocks })).toThrow(/blocks\[4\]\.kind: .*; and 4 more\.$/)
  })
})

describe('a layout of version 1', () => {
  const box = [0, 0, 100, 50]
  const words = [
    { text: 'Olá', box, confidence: 0.5, language: 'por', style: { bold: true, italic: 'yes' } },
    { text: 'mundo', box, confidence: 0.7, style: { bold: true, size: 3 } },
    { text: '!', box, confidence: 0 },
  ]
  const old = {
    schemaVersion: 1,
    width: 100,
    height: 50,
    density: null,
    blocks: [
      { kind: 'text', box, lines: [{ box, baseline: [0, 40, 100, 41], words }] },
      { kind: 'image', box: [9, 5, 1, 2], polygon: [0, 0, 9, 9, 1], lines: [] },
      { kind: 'table', box, lines: [{ box, words: [] }] },
      { kind: 'separator', box, lines: [] },
    ],
  }

  it('becomes one of version 2 with counted ids, and nothing that version 1 knew is lost', () => {
    const layout = parseLayout(old)
    expect(layout).toEqual({
      schemaVersion: 2,
      width: 100,
      height: 50,
      density: null,
      blocks: [
        {
          kind: 'paragraph',
          id: 'b1',
          box,
          lines: [
            {
              id: 'b1l1',
              box,
              baseline: [0, 40, 100, 41],
              words: [
                { id: 'b1l1w1', box, text: 'Olá', confidence: 0.5, language: 'por' },
                { id: 'b1l1w2', box, text: 'mundo', confidence: 0.7, style: { bold: true } },
                { id: 'b1l1w3', box, text: '!', confidence: 0 },
              ],
            },
          ],
        },
        { kind: 'picture', id: 'b2', box: [1, 2, 9, 5], lines: [] },
        { kind: 'table', id: 'b3', box, rows: [], lines: [{ id: 'b3l1', box, words: [] }] },
        { kind: 'separator', id: 'b4', box },
      ],
    })
    expect(parseLayout(structuredClone(layout))).toEqual(layout)
  })

  it('is read from a stored file, but no operation may give one', () => {
    const bytes = new TextEncoder().encode(JSON.stringify(old))
    expect(layoutKind.fromBytes({ mediaType: '', bytes }, { width: 100, height: 50 })).toEqual(parseLayout(old))
    expect(() => layoutKind.describe(old as unknown as Layout)).toThrow('schemaVersion')
  })

  it('names the place of a fault', () => {
    const page = JSON.parse(JSON.stringify(old)) as { blocks: { lines: { words: { box: unknown }[] }[] }[] }
    page.blocks[0]!.lines[0]!.words[1]!.box = null
    expect(faultsOf(page)).toEqual([expect.stringMatching(/^blocks\[0\]\.lines\[0\]\.words\[1\]\.box: /)])
  })
})

describe('a stored layout', () => {
  it('has the same bytes in whatever order its members were made', () => {
    const turnedRound = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turnedRound)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, inner]) => [name, turnedRound(inner)]),
      )
    }
    const other = turnedRound(fullLayout) as Layout
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(fullLayout))
    expect(layoutKind.toBytes(other)).toEqual(layoutKind.toBytes(fullLayout))
  })
})

describe('docs/layout.md', () => {
  it('shows a layout that can be read', async () => {
    const page = await readFile(new URL('../../../../../docs/layout.md', import.meta.url), 'utf8')
    const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? []
    expect(parseLayout(JSON.parse(example)).blocks).toHaveLength(6)
  })
})

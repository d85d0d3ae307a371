import type { Layout } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { layoutOf } from '../support/layouts.ts'
import { worstOffset } from '../support/offsets.ts'
import { makeSearchable } from '../support/run.ts'
import { skipTools, textOf, wordsOf } from '../support/tools.ts'

describe.skipIf(skipTools)(`the order in which poppler reads a text layer${skipTools ? ` (skipped: ${skipTools})` : ''}`, () => {
  it.each([
    ['', 58, 0],
    [' and are far apart', 90, 0],
    [' and slant by a degree', 58, 0.0175],
  ])('keeps two columns apart whose lines differ in capitals and descenders%s', async (_name, pitch, slope) => {
    // Text of 12 points with a gutter of two ems; every third line has no capital, every fourth no descender.
    const line = (column: number, row: number) => {
      const start = 150 + row * pitch + column * 7
      const shift = Math.round(slope * row * pitch)
      const left = 150 + column * 980 - shift
      const base = (x: number) => start + slope * (x - 150)
      const words = Array.from({ length: 6 }, (_unused, index) => {
        const x = left + index * 150
        const [top, bottom] = [index % 3 === 0 && row % 3 !== 0 ? 35 : 23, index % 2 === 0 && row % 4 !== 0 ? 11 : 0]
        return [`w${column}-${row}-${index}`, [x, base(x) - top, x + 132, base(x + 132) + bottom]] as const
      })
      return { words, baseline: [left, base(left), left + 882, base(left + 882)] }
    }
    const columns = [0, 1].flatMap((column) => Array.from({ length: 30 }, (_unused, row) => line(column, row)))
    const layout = layoutOf({ width: 2100, height: 2900 }, columns)
    const { bytes } = await makeSearchable([undefined], [layout])
    expect(wordsOf(bytes)[0]?.map(({ text }) => text)).toEqual(columns.flatMap(({ words }) => words.map(([text]) => text)))
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.5)
  })

  it('reads a page number beside a running head before the columns, as the layout does', async () => {
    // The number is a pixel higher than the head, and a block of its own; both columns start below it.
    const column = (left: number) =>
      Array.from({ length: 12 }, (_, row) => {
        const base = 250 + row * 58
        const words = Array.from({ length: row === 11 ? 2 : 6 }, (_unused, index) => {
          const x = left + index * 150
          return [`w${left}-${row}-${index}`, [x, base - (index % 2 ? 23 : 35), x + 132, base + (index % 3 ? 0 : 11)]] as const
        })
        return { words, baseline: [left, base, left + 882, base] }
      })
    const head = [['Running', [100, 63, 260, 98]] as const, ['head', [280, 63, 380, 98]] as const]
    const parts = [[{ words: head }], [{ words: [['317', [1890, 61, 1962, 98]] as const] }], column(100), column(1080)]
    const layouts = parts.map((lines) => layoutOf({ width: 2100, height: 1100 }, lines))
    const layout = { ...layouts[0], blocks: layouts.flatMap(({ blocks }) => blocks) } as Layout
    const { bytes } = await makeSearchable([undefined], [layout])
    const wanted = parts.flatMap((lines) => lines.flatMap(({ words }) => words.map(([text]) => text)))
    expect(wordsOf(bytes)[0]?.map(({ text }) => text)).toEqual(wanted)
    expect(textOf(bytes).split(/\s+/).filter(Boolean)).toEqual(wanted)
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.5)
  })

  it('keeps the words of a line in order over wide blanks, whatever signs stand between them', async () => {
    // Every third line is set with blanks of 2 sizes. A dash stands above the base line, an apostrophe higher, and the base line rises.
    const letters = [
      [35, 0],
      [20, -12],
      [23, 11],
      [35, 3],
    ] as const
    const line = (row: number) => {
      const base = 150 + row * 58
      const [count, step] = row % 3 === 1 ? [5, 230] : [8, 132]
      const words = Array.from({ length: count }, (_, index) => {
        const [up, down] = row % 3 === 0 && index === 2 ? [35, -18] : (letters[index % 4] ?? [0, 0])
        const [x, rise] = [100 + index * step, (index * step) / 400]
        return [`l${row}w${index}`, [x, base - up - rise, x + 116, base + down - rise]] as const
      })
      return { words, baseline: [100, base, 1140, base - 2.6] }
    }
    const lines = Array.from({ length: 8 }, (_, row) => line(row))
    const layout = layoutOf({ width: 1400, height: 800 }, lines)
    const { bytes } = await makeSearchable([undefined], [layout])
    expect(wordsOf(bytes)[0]?.map(({ text }) => text)).toEqual(lines.flatMap(({ words }) => words.map(([text]) => text)))
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.5)
  })

  it('keeps a word of narrow letters whole beside taller ones', async () => {
    const words = [['Álgido', [100, 50, 300, 130]] as const, ['illi', [330, 60, 362, 115]] as const, ['Þing', [390, 40, 520, 130]] as const]
    const layout = layoutOf({ width: 600, height: 200 }, [{ words, baseline: [100, 115, 520, 115] }])
    const { bytes } = await makeSearchable([undefined], [layout])
    expect(wordsOf(bytes)[0]?.map(({ text }) => text)).toEqual(['Álgido', 'illi', 'Þing'])
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.5)
  })
})

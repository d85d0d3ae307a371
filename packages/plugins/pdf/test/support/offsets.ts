import { type Layout, linesOf, placedWords } from '@imagedoc/core'
import { expect } from 'vitest'
import { wordsOf } from './tools.ts'

/** How far the words that poppler finds are from those of the layout, in points. */
export function worstOffset(pdf: Uint8Array, layout: Layout, density: number): number {
  const found = wordsOf(pdf)[0] ?? []
  const wanted = layout.blocks.flatMap((block) => linesOf(block).flatMap(placedWords))
  expect(found.map(({ text }) => text).sort()).toEqual(wanted.map(({ text }) => text).sort())
  const offsets = wanted.flatMap((word) => {
    const match = found.find(({ text }) => text === word.text)
    return word.box.map((edge, index) => Math.abs((edge * 72) / density - (match?.box[index] ?? Number.NaN)))
  })
  return Math.max(...offsets)
}

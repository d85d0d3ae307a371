import { type Block, type Box, createLayout, type LayoutDraft, type Line, linesOf } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { inColumnOrder } from '../src/column-order.ts'
import { recognize } from '../src/recognize.ts'
import { fakeContext } from './context.ts'

/** A paragraph of lines 30 pixels high, 40 apart; its name is its first word. */
function block(name: string, [x0, y0, x1]: readonly [number, number, number], { lines = 10, height = 30 } = {}): Block {
  const words = [{ text: name, box: [x0, y0, x1, y0 + height] as Box, confidence: 1 }]
  return made({
    kind: 'paragraph',
    box: [x0, y0, x1, y0 + (lines - 1) * 40 + height],
    lines: Array.from({ length: lines }, (_, n) => ({ box: [x0, y0 + n * 40, x1, y0 + n * 40 + height] as Box, words })),
  })
}
const made = (draft: LayoutDraft<Block>): Block =>
  createLayout({ width: 2200, height: 2000, density: null, blocks: [draft] }).blocks[0] as Block
const names = (blocks: readonly Block[]): string[] => blocks.map((each) => linesOf(each)[0]?.words?.[0]?.text ?? 'picture')
const picture = made({ kind: 'picture', box: [100, 1000, 1380, 1400], lines: [] })

/** Three columns; a picture with its caption divides the first two. */
const page = (caption: Block): Block[] => [
  block('headline', [100, 100, 2000], { lines: 1, height: 90 }),
  block('a1', [100, 500, 700]),
  block('b1', [780, 500, 1380]),
  picture,
  caption,
  block('a2', [100, 1500, 700]),
  block('b2', [780, 1500, 1380]),
  block('c', [1460, 500, 2060], { lines: 35 }),
]

describe('columns that a picture divides', () => {
  it('go on below it; what stands between comes after them', () => {
    const ordered = inColumnOrder(page(block('caption', [100, 1420, 1300], { lines: 1 })))
    expect(names(ordered)).toEqual(['headline', 'a1', 'a2', 'b1', 'b2', 'picture', 'caption', 'c'])
  })
  it('go on when the columns above and below are several paragraphs', () => {
    const blocks = page(block('caption', [100, 1420, 1300], { lines: 2 }))
    blocks.splice(2, 0, block('a1-end', [100, 904, 400], { lines: 1 }))
    expect(names(inColumnOrder(blocks)).slice(1, 6)).toEqual(['a1', 'a1-end', 'a2', 'b1', 'b2'])
  })
  it('end at a heading', () => {
    const blocks = page(block('heading', [100, 1420, 1300], { lines: 1, height: 60 }))
    expect(inColumnOrder(blocks)).toEqual(blocks)
  })
  it('stay as they are where no room for a picture is', () => {
    const blocks = page(block('line', [100, 930, 1300], { lines: 1 })).filter((each) => each.kind === 'paragraph')
    const near = blocks.map((each) => (each.box[1] === 1500 ? block(names([each])[0] ?? '', [each.box[0], 980, each.box[2]]) : each))
    expect(names(inColumnOrder(near))).toEqual(names(near))
  })
  it('stay as they are where only one column is divided', () => {
    const blocks = page(block('caption', [100, 1420, 600], { lines: 1 }))
    expect(inColumnOrder(blocks)).toEqual(blocks)
  })
  it('are left alone on pages of one column, and on empty ones', () => {
    const letter = [
      block('sender', [100, 100, 500], { lines: 3 }),
      block('date', [1200, 300, 1800], { lines: 1 }),
      block('body', [100, 600, 1800]),
    ]
    expect(inColumnOrder(letter)).toEqual(letter)
    expect(inColumnOrder([])).toEqual([])
  })
})

/** The blocks as hOCR. */
const hocrOf = (blocks: readonly Block[]): string => {
  const title = (box: Box): string => `title='bbox ${box.join(' ')}; x_wconf 90'`
  const line = ({ box, words }: Line): string =>
    `<span class='ocr_line' ${title(box)}><span class='ocrx_word' ${title(box)}>${words?.[0]?.text}</span></span>`
  return blocks
    .map((each) =>
      each.kind === 'picture'
        ? `<div class='ocr_photo' ${title(each.box)}></div>`
        : `<p class='ocr_par' ${title(each.box)}>${linesOf(each).map(line).join('')}</p>`,
    )
    .join('')
}

describe('the order of ocr.recognize', () => {
  const input = { width: 2200, height: 2000, channels: 1 as const, density: 300, data: new Uint8Array(2200 * 2000) }
  const hocr = hocrOf(page(block('caption', [100, 1420, 1300], { lines: 1 })))
  const read = async (order: string): Promise<string[]> => {
    const context = fakeContext({ recognize: async () => hocr })
    const { output } = await recognize.run({ input, params: recognize.params.parse({ order }), context })
    return names(output.blocks)
  }
  it("is the engine's own, or that of the columns", async () => {
    expect((await read('engine')).slice(1, 5)).toEqual(['a1', 'b1', 'picture', 'caption'])
    expect((await read('columns')).slice(1, 5)).toEqual(['a1', 'a2', 'b1', 'b2'])
  })
})

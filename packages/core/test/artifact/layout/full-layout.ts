import { createLayout, type Layout, type LayoutDraft, type Line } from '../../../src/index.ts'

const box = [10, 20, 110, 60] as const
const polygon = [10, 20, 110, 20, 110, 60]
const traits = { language: 'pt', script: 'Latn', direction: 'ltr', hand: 'print' } as const
const style = {
  bold: true,
  italic: false,
  underline: true,
  strikethrough: true,
  superscript: true,
  subscript: true,
  smallCaps: true,
  spaced: true,
  monospace: true,
  serif: true,
  reversed: true,
  font: 'Garamond',
  size: 10.5,
  color: '#1a2b3c',
}
const alternatives = [{ text: 'ſó', confidence: 0.4, purpose: 'long-s' }, { text: 'fó' }]

const line = (text: string): LayoutDraft<Line> => ({
  box,
  polygon,
  baseline: [10, 52, 110, 54],
  text,
  confidence: 0.8,
  alternatives,
  ...traits,
  style,
  writingMode: 'horizontal-tb',
  angle: 1.5,
  words: [{ box, polygon, text, confidence: 0.9, alternatives, ...traits, style }],
})
const block = {
  box,
  polygon,
  confidence: 0.7,
  label: 'MusicRegion',
  align: 'justify',
  ...traits,
  style,
  writingMode: 'horizontal-tb',
  angle: 90,
} as const
const cell = { box, polygon, columnSpan: 2, rowSpan: 1, header: true, lines: [line('1755')] }

/** A page with every kind of block and every member that a layout may have. */
export const fullLayout: Layout = createLayout({
  width: 1000,
  height: 800,
  density: 300,
  ...traits,
  style,
  writingMode: 'vertical-rl',
  angle: -90,
  blocks: [
    { kind: 'heading', level: 2, ...block, lines: [line('Terramoto')] },
    { kind: 'paragraph', ...block, continues: 'b1', lines: [line('só'), { box }] },
    { kind: 'list', ...block, items: [{ box, polygon, level: 2, marker: 'a)', lines: [line('a) um')] }] },
    { kind: 'table', ...block, rows: [{ cells: [{ ...cell, column: 0 }] }, { cells: [{ ...cell, column: 2 }] }], lines: [line('réis')] },
    { kind: 'picture', ...block, lines: [line('Fig.')] },
    { kind: 'caption', ...block, belongsTo: 'b5', lines: [line('Lisboa')] },
    { kind: 'stamp', ...block, lines: [] },
    { kind: 'separator', ...block },
    ...(['verse', 'running-head', 'page-number', 'footnote', 'marginalia'] as const).map((kind) => ({ kind, ...block, lines: [] })),
  ],
})

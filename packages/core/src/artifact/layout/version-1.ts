import { z } from 'zod'
import type { Box } from '../matrix.ts'
import { createLayout, type LayoutDraft } from './create-layout.ts'
import type { Block, Layout, TextStyle } from './layout.ts'

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly()
const points = z.array(z.number()).readonly().optional()
const word = z.object({
  text: z.string(),
  box,
  confidence: z.number().min(0).max(1),
  language: z.string().optional(),
  style: z.unknown().optional(),
})
const line = z.object({ box, baseline: points, words: z.array(word).readonly() })
const block = z.object({ kind: z.enum(['text', 'image', 'table', 'separator']), box, polygon: points, lines: z.array(line).readonly() })

/** Version 1: blocks of four kinds, lines of words. Results that were kept before version 2 are of it. */
export const layoutSchema1 = z.object({
  schemaVersion: z.literal(1),
  width: z.number(),
  height: z.number(),
  density: z.number().nullable(),
  blocks: z.array(block).readonly(),
})

type Block1 = z.output<typeof block>

/** A layout of version 1 in the current one. Ids are counted, so that the same layout has the same ones each time. */
export function fromVersion1({ width, height, density, blocks }: z.output<typeof layoutSchema1>): Layout {
  const page = { width: Math.max(0, width), height: Math.max(0, height), density: density !== null && density > 0 ? density : null }
  return createLayout({ ...page, blocks: blocks.map(blockFrom1) })
}

const kinds = { text: 'paragraph', image: 'picture', table: 'table', separator: 'separator' } as const

function blockFrom1({ kind, box: place, polygon, lines }: Block1): LayoutDraft<Block> {
  const placed = { box: ordered(place), ...(isPolyline(polygon, 3) && { polygon }) }
  const made = { ...placed, lines: lines.map(lineFrom1) }
  const now = kinds[kind]
  if (now === 'separator') return { kind: now, ...placed }
  return now === 'table' ? { kind: now, ...made, rows: [] } : { kind: now, ...made }
}

function lineFrom1({ box: place, baseline, words }: Block1['lines'][number]) {
  return {
    box: ordered(place),
    ...(isPolyline(baseline, 2) && { baseline }),
    words: words.map(({ text, box: at, confidence, language, style }) => ({
      box: ordered(at),
      text,
      confidence,
      ...(language && { language }),
      ...styleFrom1(style),
    })),
  }
}

/** Version 1 did not look at the order of a box's sides. */
const ordered = ([x0, y0, x1, y1]: Box): Box => [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)]

const isPolyline = (points: readonly number[] | undefined, least: number): boolean =>
  points !== undefined && points.length >= 2 * least && points.length % 2 === 0

/** In version 1 a style was whatever the engine told. */
function styleFrom1(style: unknown): { style?: TextStyle } {
  const known = z.object({ bold: z.boolean().optional(), italic: z.boolean().optional(), font: z.string().min(1).optional() })
  const { data = {} } = known.safeParse(style)
  return Object.keys(data).length > 0 ? { style: data } : {}
}

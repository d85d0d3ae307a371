import { z } from 'zod'

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly()
const json: z.ZodType<import('../errors/error.ts').Json> = z.json() as never

const word = z.object({
  text: z.string(),
  box,
  confidence: z.number().min(0).max(1),
  language: z.string().optional(),
  style: json.optional(),
})
const line = z.object({ box, baseline: z.array(z.number()).readonly().optional(), words: z.array(word).readonly() })
const block = z.object({
  kind: z.enum(['text', 'image', 'table', 'separator']),
  box,
  polygon: z.array(z.number()).readonly().optional(),
  lines: z.array(line).readonly(),
})

/** A recognised page: blocks in reading order, boxes in pixels of the page that was read, confidence 0 to 1. */
export const layoutSchema = z.object({
  schemaVersion: z.literal(1),
  width: z.number(),
  height: z.number(),
  /** Dots per inch of the page that was read, as far as the reader could tell. */
  density: z.number().nullable(),
  blocks: z.array(block).readonly(),
})

/** A word with its box in pixels; `language` as a tag, `style` as the engine tells it. */
export type Word = z.output<typeof word>
/** A line of words; `baseline` is a polyline `[x, y, x, y, …]`. */
export type Line = z.output<typeof line>
/** A part of the page; only `text` and `table` have lines. `polygon` is `[x, y, x, y, …]`. */
export type Block = z.output<typeof block>
/** What `layout` ports take and give: one recognised page. */
export type Layout = z.output<typeof layoutSchema>

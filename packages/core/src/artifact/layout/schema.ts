import { z } from 'zod'
import type { Layout } from './layout.ts'
import { innerParts, type Part } from './parts.ts'

const share = z.number().min(0).max(1)
const count = z.int().min(1)
const box = z
  .tuple([z.number(), z.number(), z.number(), z.number()])
  .refine(([x0, y0, x1, y1]) => x0 <= x1 && y0 <= y1, 'A box is [x0, y0, x1, y1] with x0 <= x1 and y0 <= y1')
  .readonly()

const points = (least: number) =>
  z
    .array(z.number())
    .min(2 * least)
    .refine(({ length }) => length % 2 === 0, 'Points are [x, y, x, y, …]: an even number of coordinates')
    .readonly()

const style = z.strictObject({
  bold: z.boolean().optional(),
  italic: z.boolean().optional(),
  underline: z.boolean().optional(),
  strikethrough: z.boolean().optional(),
  superscript: z.boolean().optional(),
  subscript: z.boolean().optional(),
  smallCaps: z.boolean().optional(),
  spaced: z.boolean().optional(),
  monospace: z.boolean().optional(),
  serif: z.boolean().optional(),
  reversed: z.boolean().optional(),
  font: z.string().min(1).optional(),
  size: z.number().positive().optional(),
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'A colour is #rrggbb')
    .optional(),
})

const textTraits = {
  language: z.string().min(1).optional(),
  script: z
    .string()
    .regex(/^[A-Z][a-z]{3}$/, 'A script is four letters of ISO 15924 such as "Latn"')
    .optional(),
  direction: z.enum(['ltr', 'rtl']).optional(),
  hand: z.enum(['print', 'typewriter', 'hand']).optional(),
  style: style.optional(),
}
const lineTraits = {
  ...textTraits,
  writingMode: z.enum(['horizontal-tb', 'vertical-rl', 'vertical-lr']).optional(),
  angle: z.number().optional(),
}

/** Fit for the ids of XML files, which allow no colon and no digit first. */
const id = z.string().regex(/^[\p{L}_][\p{L}\p{N}_.-]*$/u, 'An id is letters, digits, "_", "-" and ".", and begins with a letter or "_"')
const placed = { id, box, polygon: points(3).optional() }

const alternatives = z
  .array(z.strictObject({ text: z.string(), confidence: share.optional(), purpose: z.string().min(1).optional() }))
  .readonly()
  .optional()

const word = z.strictObject({ ...placed, text: z.string(), confidence: share.optional(), alternatives, ...textTraits })

const lines = z
  .array(
    z.strictObject({
      ...placed,
      baseline: points(2).optional(),
      text: z.string().optional(),
      confidence: share.optional(),
      alternatives,
      ...lineTraits,
      words: z.array(word).readonly().optional(),
    }),
  )
  .readonly()

const blockTraits = {
  ...placed,
  confidence: share.optional(),
  label: z.string().min(1).optional(),
  align: z.enum(['left', 'right', 'center', 'justify']).optional(),
  belongsTo: id.optional(),
  continues: id.optional(),
  ...lineTraits,
}

const item = z.strictObject({ ...placed, level: count.optional(), marker: z.string().optional(), lines })
const cell = z.strictObject({
  ...placed,
  column: z.int().nonnegative(),
  columnSpan: count.optional(),
  rowSpan: count.optional(),
  header: z.boolean().optional(),
  lines,
})

const textKinds = ['paragraph', 'verse', 'caption', 'running-head', 'page-number', 'footnote', 'marginalia'] as const
const kinds = [...textKinds, 'heading', 'list', 'table', 'picture', 'stamp', 'separator']
const unknownKind = (issue: { code?: string }) => (issue.code === 'invalid_union' ? `A block is one of: ${kinds.join(', ')}` : undefined)

const blockOptions = [
  z.strictObject({ kind: z.enum(textKinds), ...blockTraits, lines }),
  z.strictObject({ kind: z.literal('heading'), level: z.int().min(1).max(6).optional(), ...blockTraits, lines }),
  z.strictObject({ kind: z.literal('list'), ...blockTraits, items: z.array(item).readonly() }),
  z.strictObject({
    kind: z.literal('table'),
    ...blockTraits,
    rows: z.array(z.strictObject({ cells: z.array(cell).readonly() })).readonly(),
    lines,
  }),
  z.strictObject({ kind: z.enum(['picture', 'stamp']), ...blockTraits, lines }),
  z.strictObject({ kind: z.literal('separator'), ...blockTraits }),
] as const
const block = z.discriminatedUnion('kind', blockOptions, { error: unknownKind })

/** Version 2: no unknown members, ids that stand once, references that lead to a block. */
export const layoutSchema: z.ZodType<Layout> = z
  .strictObject({
    schemaVersion: z.literal(2),
    width: z.number().nonnegative(),
    height: z.number().nonnegative(),
    density: z.number().positive().nullable(),
    ...lineTraits,
    blocks: z.array(block).readonly(),
  })
  .superRefine(({ blocks }, context) => {
    const known = new Set(blocks.map(({ id }) => id))
    for (const [index, { belongsTo, continues }] of blocks.entries())
      for (const [name, reference] of Object.entries({ belongsTo, continues }))
        if (reference !== undefined && !known.has(reference))
          context.addIssue({ code: 'custom', path: ['blocks', index, name], message: `There is no block "${reference}"` })
    for (const path of repeated({ blocks }))
      context.addIssue({ code: 'custom', path: [...path, 'id'], message: 'Another part of the page has this id' })
  })

/** Where an id stands that stood before. */
function repeated(layout: Part): PropertyKey[][] {
  const found: PropertyKey[][] = []
  const seen = new Set<string>()
  const visit = (part: Part, path: PropertyKey[]): void => {
    for (const { inner, member, index } of innerParts(part)) {
      const at = [...path, member, index]
      if (inner.id !== undefined && seen.has(inner.id)) found.push(at)
      if (inner.id !== undefined) seen.add(inner.id)
      visit(inner, at)
    }
  }
  visit(layout, [])
  return found
}

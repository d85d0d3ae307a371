import { z } from 'zod'
import { isVisible } from '../records/visible-text.ts'
import { jsonUpTo } from './json-value.ts'

/** The pieces that inputs and outputs are made of; everything from outside is bounded. */
const TITLE = 200
const DESCRIPTION = 10_000
const CURSOR = 2000
const PAGE = 100
const DEFINITION_BYTES = 256 * 1024
const METADATA_BYTES = 64 * 1024
/** Each is a file of every page, or one of all: written, held and listed for each run. */
const OUTPUTS = 256
const STEPS = 1000

/** Control characters and those that turn the direction of the text around them would let a title pass for another. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const hidden = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/

export const id = z.string().regex(/^[0-9a-f]{24}$/, 'an id has 24 hexadecimal digits')
export const title = z
  .string()
  .trim()
  .min(1)
  .max(TITLE)
  .refine((value) => !hidden.test(value), 'no control characters')
  .refine((value) => value.isWellFormed(), 'no halves of characters')
  .refine(isVisible, 'at least one character that can be seen')
export const description = z
  .string()
  .max(DESCRIPTION)
  .refine((value) => value.isWellFormed(), 'no halves of characters')
export const revision = z.int().min(0)
/** The same key again gives what the first request made. */
export const idempotencyKey = z
  .string()
  .regex(/^[\w.:-]{8,128}$/, '8 to 128 letters, digits and . _ : -')
  .optional()
export const isoDate = z.iso.datetime()
export const pageQuery = { after: z.string().max(CURSOR).optional(), limit: z.int().min(1).max(PAGE).default(50) }

/** A page of a list: `next` is the `after` of the following page, null behind the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() })
}

function entriesIn(definition: unknown, member: 'outputs' | 'steps'): number {
  const given = ((definition ?? {}) as Record<string, unknown>)[member]
  return typeof given === 'object' && given !== null ? Object.keys(given).length : 0
}

/** A pipeline: read by its own parser, which reports every problem with its path; here it is only bounded. */
export const definitionIn = jsonUpTo(DEFINITION_BYTES, 'at most 256 KiB')
  .refine((value) => entriesIn(value, 'outputs') <= OUTPUTS, { error: `at most ${OUTPUTS} outputs`, path: ['outputs'] })
  .refine((value) => entriesIn(value, 'steps') <= STEPS, { error: `at most ${STEPS} steps`, path: ['steps'] })

/** JSON of bounded size and depth, as free metadata may hold. */
export const jsonValue = jsonUpTo(METADATA_BYTES, 'at most 64 KiB')

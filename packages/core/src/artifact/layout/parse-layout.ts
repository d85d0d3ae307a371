import { z } from 'zod'
import { ImageDocError } from '../../errors/error.ts'
import type { Layout } from './layout.ts'
import { layoutSchema } from './schema.ts'
import { fromVersion1, layoutSchema1 } from './version-1.ts'

/** As many faults as an error tells. */
const MOST = 5

/**
 * A layout out of what may be one, of any version: an earlier version becomes the current one.
 * @throws CORRUPT_INPUT with the place of each fault; `details.problems` lists them
 */
export function parseLayout(value: unknown): Layout {
  const isVersion1 = (value as { schemaVersion?: unknown } | null)?.schemaVersion === 1
  return isVersion1 ? fromVersion1(read(layoutSchema1, value)) : read(layoutSchema, value)
}

/** Checks what an operation gave: only the current version may be written. @throws CORRUPT_INPUT */
export function assertLayout(value: unknown): asserts value is Layout {
  read(layoutSchema, value)
}

function read<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const { data, error } = schema.safeParse(value)
  if (error === undefined) return data
  const problems = error.issues.map((issue) => ({ path: placeOf(issue), message: issue.message }))
  const told = problems.slice(0, MOST).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  const more = problems.length > MOST ? `; and ${problems.length - MOST} more` : ''
  const message = `This is no layout that can be read: ${told.join('; ')}${more}.`
  throw new ImageDocError('CORRUPT_INPUT', message, { details: { problems } })
}

/** `blocks[3].lines[0].box[2]`; of an unknown member its own place. */
function placeOf(issue: z.core.$ZodIssue): string {
  return z.core.toDotPath(issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path)
}

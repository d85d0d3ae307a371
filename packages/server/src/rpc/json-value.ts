import { z } from 'zod'

/** JSON as zod types it. What a request brings was read as JSON: that it is some needs no look, only how much it is. */
type JsonValue = z.output<ReturnType<typeof z.json>>

/** Levels of lists and objects. Most code that walks through JSON calls itself at each. */
const DEPTH = 100

/** Any JSON that is not nested too deep, and as text not longer than so many characters. */
export function jsonUpTo(characters: number, said: string) {
  return z
    .custom<JsonValue>((value) => value !== undefined, 'some JSON')
    .superRefine((value, context) => {
      if (!isFlat(value)) context.addIssue({ code: 'custom', message: `at most ${DEPTH} levels of lists and objects`, input: value })
      else if (JSON.stringify(value).length > characters) context.addIssue({ code: 'custom', message: said, input: value })
    })
}

/** JSON of our own rows, which was looked at when it came. */
export const jsonOut = z.custom<JsonValue>((value) => value !== undefined)

/** Level by level, without calling itself. */
function isFlat(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; depth <= DEPTH; depth++) {
    const below: unknown[] = []
    for (const item of level)
      if (typeof item === 'object' && item !== null) {
        for (const member of Object.values(item)) if (typeof member === 'object' && member !== null) below.push(member)
      }
    if (below.length === 0) return true
    level = below
  }
  return false
}

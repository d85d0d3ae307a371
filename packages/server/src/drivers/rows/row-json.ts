import { types } from 'node:util'

/** What stands for a date, and a user's own object that looks like it: `{"$date": …}` of hers is stored as `{"$$date": …}`, and so on. */
const MARK = '$date'
const OWN = /^\$+date$/

/** The row as JSON, in which dates can be told from text. The row must have been checked. */
export function encodeRow(row: object): string {
  return JSON.stringify(encoded(row))
}

/** A row of `encodeRow`, dates as Date. */
export function decodeRow<Row>(json: string): Row {
  return decoded(JSON.parse(json)) as Row
}

function encoded(value: unknown): unknown {
  if (types.isDate(value)) return { [MARK]: value.toISOString() }
  if (Array.isArray(value)) return value.map(encoded)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  const alike = members.length === 1 && OWN.test(members[0]![0])
  // Not by assignment: a key `__proto__` would become the prototype.
  return Object.fromEntries(members.map(([key, member]) => [alike ? `$${key}` : key, encoded(member)]))
}

/** In place: only what stands for something else is replaced. */
function decoded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    // By number: naming thousands of items by their keys takes half as long as parsing them.
    for (let i = 0; i < value.length; i++) if (typeof value[i] === 'object' && value[i] !== null) value[i] = decoded(value[i])
    return value
  }
  const object = value as Record<string, unknown>
  const keys = Object.keys(object)
  for (const key of keys) {
    const member = object[key]
    // A key that is there as an own one, `__proto__` included, is assigned to and no prototype.
    if (typeof member === 'object' && member !== null) object[key] = decoded(member)
  }
  const [only] = keys
  if (only === undefined || keys.length > 1 || !OWN.test(only)) return value
  return only === MARK ? new Date(object[only] as string) : { [only.slice(1)]: object[only] }
}

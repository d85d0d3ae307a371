import { ImageDocError, type Json } from '../errors/error.ts'

/**
 * RFC 8785 (JCS): members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them, no white space. Undefined members are
 * left out, as in JSON.stringify.
 * @throws OPERATION_CONTRACT for what JSON cannot say (NaN, Infinity, a function).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return JSON.stringify(value)
    throw notJson(value)
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value === 'object') {
    const source = value as Record<string, unknown>
    const members: string[] = []
    for (const key of Object.keys(source).sort()) {
      if (source[key] !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(source[key])}`)
    }
    return `{${members.join(',')}}`
  }
  throw notJson(value)
}

/** The same value as plain JSON: what a receipt holds of parsed parameters. */
export function toJson(value: unknown): Json {
  return JSON.parse(canonicalJson(value ?? null)) as Json
}

function notJson(value: unknown): ImageDocError {
  return new ImageDocError('OPERATION_CONTRACT', `${String(value)} (${typeof value}) is no JSON value and cannot be part of a key.`)
}

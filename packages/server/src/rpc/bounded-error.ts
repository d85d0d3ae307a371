import { ImageDocError, type Json } from '@imagedoc/core'
import { limitsForUsers } from '../settings/limits-for-users.ts'

/** Of an error as JSON; tRPC says the message a second time, and with that an answer stays below 2 KiB. */
const BYTES = 1400
const MESSAGE_BYTES = 500
const PATH_BYTES = 200
const TEXT_BYTES = 120
/** Names, problems and whatever else there may be many of. */
const ITEMS = 20

/** The first names of a list, and how many more there are: what a request names, or a pipeline, may be a hundred thousand. */
export function fewNames(names: readonly string[]): string {
  const shown = names.slice(0, ITEMS).map((name) => cut(name, TEXT_BYTES))
  return names.length > ITEMS ? `${shown.join(', ')} and ${names.length - ITEMS} more` : shown.join(', ')
}

/** As it may be sent: in words for users, and nobody gets back how much they sent. The code, and whether to try again, stay as they are. */
export function boundedError(given: ImageDocError): ImageDocError {
  const error = limitsForUsers(given)
  if (isSmall(error)) return error
  const { code, path, retryable, cause } = error
  const bounded = (items: number): ImageDocError =>
    new ImageDocError(code, cut(error.message, MESSAGE_BYTES), {
      retryable,
      cause,
      ...(path === undefined ? {} : { path: cut(path, PATH_BYTES) }),
      ...(error.details === undefined || items === 0 ? {} : { details: few(error.details, items) }),
    })
  for (let items = ITEMS; items > 0; items = Math.floor(items / 2)) {
    const smaller = bounded(items)
    if (isSmall(smaller)) return smaller
  }
  return bounded(0)
}

/** Cut so that it has at most so many bytes as UTF-8, never in the middle of a character. */
export function cut(text: string, bytes: number): string {
  // A character has at least one byte: of a long text only its beginning is looked at.
  if (text.length <= bytes && Buffer.byteLength(text) <= bytes) return text
  let end = 0
  let room = bytes - Buffer.byteLength('…')
  for (const character of text.slice(0, bytes)) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    end += character.length
  }
  return `${text.slice(0, end)}…`
}

function isSmall({ message, path = '', details }: ImageDocError): boolean {
  if (Buffer.byteLength(message) > MESSAGE_BYTES || Buffer.byteLength(path) > PATH_BYTES) return false
  return (
    details === undefined || (hasFew(details) && Buffer.byteLength(JSON.stringify(details)) + Buffer.byteLength(message) <= BYTES - 300)
  )
}

function hasFew(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true
  const items = Object.values(value)
  return items.length <= ITEMS && items.every((item) => hasFew(item as Json))
}

/** The first items of every list and object, with how many were left out where an object can say so. */
function few(value: Json, items: number): Json {
  if (typeof value === 'string') return cut(value, TEXT_BYTES)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.slice(0, items).map((item) => few(item as Json, items))
  const entries = Object.entries(value as Record<string, Json>)
  const kept = entries.slice(0, items).map(([key, item]) => [cut(key, TEXT_BYTES), few(item, items)])
  const left = entries.reduce(
    (sum, [, item]) => sum + (Array.isArray(item) ? Math.max(0, item.length - items) : 0),
    Math.max(0, entries.length - items),
  )
  return { ...Object.fromEntries(kept), ...(left > 0 ? { leftOut: left } : {}) } as Json
}

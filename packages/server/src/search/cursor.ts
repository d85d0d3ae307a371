import { createHash } from 'node:crypto'
import { ImageDocError } from '@imagedoc/core'
import { z } from 'zod'
import type { Collection } from '../records/collection.ts'
import type { QueryWords } from './query-words.ts'
import type { Place } from './row-stream.ts'

/** Where the next page of results begins. */
export interface Position {
  readonly collection: Pick<Collection, '_id' | 'created_at'>
  /** Null at the collection's beginning. */
  readonly place: Place | null
  /** Of the row's pages the first that was not given. */
  readonly page: number
}

const written = z.tuple([z.string(), z.int(), z.string(), z.number().nullable(), z.string(), z.int().min(0)])

/** What tells one search from others: a cursor is good for its own. */
export function markOf(query: QueryWords, collectionId: string | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([query.words, query.prefix, collectionId ?? null]))
    .digest('base64url')
    .slice(0, 11)
}

export function encodePosition(mark: string, { collection, place, page }: Position): string {
  const value: z.infer<typeof written> = [
    mark,
    collection.created_at.getTime(),
    collection._id,
    place?.place ?? null,
    place?.row ?? '',
    page,
  ]
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** @throws USAGE for a cursor that is none, or of another search */
export function decodePosition(mark: string, cursor: string): Position {
  const value = written.safeParse(jsonOf(cursor)).data
  if (!value || value[0] !== mark || Number.isNaN(new Date(value[1]).getTime()))
    throw new ImageDocError('USAGE', 'The cursor does not belong to this search. Begin again without one.', { path: 'after' })
  const [, createdAt, _id, place, row, page] = value
  return { collection: { _id, created_at: new Date(createdAt) }, place: place === null ? null : { place, row }, page }
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}

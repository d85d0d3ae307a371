import { createHash } from 'node:crypto'
import { ImageDocError, type IndexValue, type ListQuery } from '@imagedoc/core'
import { sortKey } from './sort-key.ts'

const MARK_BYTES = 8

/** A place in a list, to be given to callers: the key of the last row, bound to its query. */
export function encodeCursor(mark: Buffer, key: Uint8Array): string {
  return Buffer.concat([mark, key]).toString('base64url')
}

/** @throws USAGE for a cursor that is none, or of another query */
export function decodeCursor(mark: Buffer, cursor: string): Buffer {
  const bytes = Buffer.from(String(cursor), 'base64url')
  const own = bytes.length > MARK_BYTES && bytes.subarray(0, MARK_BYTES).equals(mark) && bytes.toString('base64url') === cursor
  if (!own) throw new ImageDocError('USAGE', 'The cursor does not belong to this list. Begin again without one.', { path: 'after' })
  return bytes.subarray(MARK_BYTES)
}

/** What tells a query from others; not its limit, which may change from page to page. */
export function markOf(table: string, { index, equals = [], range = {}, order = 'ascending' }: ListQuery): Buffer {
  const bound = (value: IndexValue | undefined) => (value === undefined ? '' : sortKey([value]).toString('hex'))
  const identity = [table, index, sortKey(equals).toString('hex'), bound(range.from), bound(range.below), order]
  return createHash('sha256').update(JSON.stringify(identity)).digest().subarray(0, MARK_BYTES)
}

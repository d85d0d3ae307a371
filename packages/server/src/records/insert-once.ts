import { ImageDocError, isImageDocError, type Json, type Stored, type Table } from '@imagedoc/core'

/** True when a row could not be inserted because of this index. */
export function isTaken(error: unknown, index: string): boolean {
  return isImageDocError(error) && error.code === 'ALREADY_EXISTS' && (error.details as { index?: Json } | undefined)?.index === index
}

/**
 * Inserts a row whose id comes from an idempotency key. When it is there already the request is a repeated one, and gets that row.
 * @param same whether the row that is there is what this request would have made
 * @throws IDEMPOTENCY_CONFLICT when the key was used for something else; ALREADY_EXISTS of another unique index
 */
export async function insertOnce<Row extends Stored>(
  table: Table<Row>,
  row: Row,
  same: (there: Row) => boolean,
): Promise<{ row: Row; isNew: boolean }> {
  try {
    await table.insert(row)
    return { row, isNew: true }
  } catch (error) {
    if (!isTaken(error, '_id')) throw error
    const there = await table.get(row._id)
    if (there && same(there)) return { row: there, isNew: false }
    throw new ImageDocError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used for another request. Use a new one for each request.', {
      path: 'idempotencyKey',
      cause: error,
    })
  }
}

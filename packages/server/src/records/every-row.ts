import type { ListQuery, Stored, Table } from '@imagedoc/core'

const BATCH = 500

/** Every row of a list, page by page; rows that are deleted meanwhile do no harm. @param limit rows in memory at a time */
export async function* everyRow<Row extends Stored>(
  table: Table<Row>,
  query: Omit<ListQuery, 'limit' | 'after'>,
  limit = BATCH,
): AsyncGenerator<Row> {
  let after: string | undefined
  do {
    const { rows, next } = await table.list({ ...query, limit, after })
    yield* rows
    after = next ?? undefined
  } while (after !== undefined)
}

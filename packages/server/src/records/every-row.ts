import type { ListQuery, Stored, Table } from '@imagedoc/core'

const BATCH = 500

/** Every row of a list, page by page; rows that are deleted meanwhile do no harm. */
export async function* everyRow<Row extends Stored>(table: Table<Row>, query: Omit<ListQuery, 'limit' | 'after'>): AsyncGenerator<Row> {
  let after: string | undefined
  do {
    const { rows, next } = await table.list({ ...query, limit: BATCH, after })
    yield* rows
    after = next ?? undefined
  } while (after !== undefined)
}

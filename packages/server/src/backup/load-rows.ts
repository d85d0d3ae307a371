import { ImageDocError, isImageDocError, type Stored, type Table, throwIfAborted } from '@imagedoc/core'
import { encodeRow } from '../drivers/rows/row-json.ts'
import { isTaken } from '../records/insert-once.ts'
import { type Tables, tableDefinitions } from '../records/tables.ts'
import { rowIn, type TableRow } from './row-lines.ts'
import { allOf } from './slots.ts'

/** A database on the network answers them side by side. */
const ROWS_AT_A_TIME = 32

/**
 * Puts rows where they are not, or are otherwise: what an interrupted restore has put already stays, and of two lines about one row the later counts.
 * @throws INVALID_CONFIG for rows of a table that only a newer ImageDoc has
 */
export async function loadRows(
  tables: Tables,
  lines: AsyncIterable<string>,
  { signal, loaded }: { signal: AbortSignal; loaded: (rows: number) => void },
): Promise<void> {
  let together = new Map<string, TableRow>()
  const put = async (): Promise<void> => {
    await allOf([...together.values()].map(([name, row]) => putRow(tables, name, row)))
    loaded(together.size)
    together = new Map()
  }
  for await (const line of lines) {
    throwIfAborted(signal)
    const [name, row] = rowIn(line)
    if (!Object.hasOwn(tables, name)) throw newerError(name)
    const key = `${name} ${row._id}`
    if (together.size === ROWS_AT_A_TIME || together.has(key)) await put()
    together.set(key, [name, row])
  }
  await put()
}

async function putRow(tables: Tables, name: keyof Tables, row: Stored): Promise<void> {
  const table = tables[name] as unknown as Table<Stored>
  try {
    return await table.insert(row)
  } catch (error) {
    if (isTaken(error, '_id')) return replace(table, row)
    const index = isImageDocError(error) ? (error.details as { index?: string } | undefined)?.index : undefined
    if (index === undefined) throw error
    await removeWith(table, name, { index, row })
    await table.insert(row)
  }
}

async function replace(table: Table<Stored>, row: Stored): Promise<void> {
  const there = await table.get(row._id)
  if (there && encodeRow(there) === encodeRow(row)) return
  // Not by `replaceIf`: the row comes back with the revision that it had.
  await table.delete(row._id)
  await table.insert(row)
}

/** One of two that had the same number one after the other while the backup was made: the earlier one was taken back. */
async function removeWith(table: Table<Stored>, name: keyof Tables, { index, row }: { index: string; row: Stored }): Promise<void> {
  const indexes: Readonly<Record<string, { readonly fields: readonly string[] }>> = tableDefinitions[name].indexes
  const equals = (indexes[index]?.fields ?? []).map((field) => (row as unknown as Record<string, string | number>)[field] ?? null)
  for (const { _id } of (await table.list({ index, equals, limit: 1 })).rows) await table.delete(_id)
}

function newerError(table: string): ImageDocError {
  return new ImageDocError(
    'INVALID_CONFIG',
    `The backup has rows of a table "${table}", which this ImageDoc does not know: a newer one made it. Restore it with that one.`,
  )
}

import { setTimeout as wait } from 'node:timers/promises'
import { ImageDocError, type Stored, type Table } from '@imagedoc/core'

const ATTEMPTS = 30
const LONGEST_WAIT_MS = 100

/** Members of a row that a change may give. */
export type Change<Row extends Stored> = Partial<Omit<Row, keyof Stored>>

/**
 * Changes a row that the caller has read, when it still has the revision that she names.
 * @throws STALE_REVISION with the present revision in `details`; NOT_FOUND when it is gone meanwhile
 */
export async function changeIfUnchanged<Row extends Stored>(
  table: Table<Row>,
  row: Row,
  { revision, change }: { revision: number; change: Change<Row> },
): Promise<Row> {
  const stored = row.revision === revision ? await table.replaceIf({ ...row, ...change }) : undefined
  if (stored) return stored
  const present = await table.get(row._id)
  if (!present) throw new ImageDocError('NOT_FOUND', 'It was deleted meanwhile.')
  throw new ImageDocError(
    'STALE_REVISION',
    `It was changed meanwhile: you have revision ${revision}, it is at ${present.revision}. Read it again, then repeat the change.`,
    {
      path: 'revision',
      details: { revision: present.revision },
    },
  )
}

/**
 * Changes a row whatever its revision, by compare-and-set: `change` sees the row as it is and may be called again.
 * Undefined when there is no such row, or when `change` gives undefined.
 * @throws STORE_UNAVAILABLE when others changed it at every one of 30 attempts
 */
export async function changeRow<Row extends Stored>(
  table: Table<Row>,
  id: string,
  change: (row: Row) => Change<Row> | undefined | Promise<Change<Row> | undefined>,
): Promise<Row | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const row = await table.get(id)
    const changed = row && (await change(row))
    if (!row || !changed) return undefined
    const stored = await table.replaceIf({ ...row, ...changed })
    if (stored) return stored
    // Else those who wait for one row would all come back at once, and all but one in vain.
    await wait(Math.random() * Math.min(2 ** attempt, LONGEST_WAIT_MS))
  }
  throw new ImageDocError('STORE_UNAVAILABLE', 'A record is being changed by too many at once. Try again.')
}

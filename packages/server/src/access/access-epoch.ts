import { changeRow } from '../records/change-row.ts'
import type { Id } from '../records/id.ts'
import type { Tables } from '../records/tables.ts'

/** To be called after a change of who may see something: no list that was kept before is shown to these users again. */
export async function startAccessEpoch({ users }: Pick<Tables, 'users'>, ids: Iterable<Id>): Promise<void> {
  for (const id of new Set(ids)) await changeRow(users, id, ({ access_epoch }) => ({ access_epoch: access_epoch + 1 }))
}

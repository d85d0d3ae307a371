import { ImageDocError } from '@imagedoc/core'
import type { Tables } from '../records/tables.ts'

/** The row in `settings` that is there from the first row of a restore to its last; its value is the backup's name. */
export const UNFINISHED = 'unfinished_restore'

/** @throws INVALID_CONFIG while a restore has filled only a part of the database */
export async function assertRestored({ settings }: Pick<Tables, 'settings'>): Promise<void> {
  const unfinished = await settings.get(UNFINISHED)
  if (!unfinished) return
  throw new ImageDocError(
    'INVALID_CONFIG',
    `A restore into this database is under way, or was interrupted. Repeat it until it ends: imagedoc restore … --backup ${unfinished.value}.`,
  )
}

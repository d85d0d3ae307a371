import { join } from 'node:path'
import { isImageDocError, type MetadataStore } from '@imagedoc/core'
import type { Room } from '../room/room.ts'
import type { ServerSettings } from '../settings/settings.ts'
import { refused } from './refused.ts'

/** The embedded database. */
export const databaseFile = (dataFolder: string): string => join(dataFolder, 'imagedoc.sqlite')

/**
 * The database, reached once so that a wrong address is said at the start.
 * @param readOnly an embedded one is read beside the server that has it
 * @throws INVALID_CONFIG by the variable's name
 */
export async function openDatabase(
  { dataFolder, mongodbUrl }: Pick<ServerSettings, 'dataFolder' | 'mongodbUrl'>,
  stack: AsyncDisposableStack,
  { readOnly = false, room }: { readOnly?: boolean; room?: Pick<Room, 'release'> } = {},
): Promise<MetadataStore> {
  if (mongodbUrl === undefined) {
    const { createSqliteMetadataStore } = await import('../drivers/sqlite/metadata-store.ts')
    return stack.use(createSqliteMetadataStore({ path: databaseFile(dataFolder), readOnly, makeRoom: room?.release }))
  }
  const { createMongodbMetadataStore } = await import('../drivers/mongodb/metadata-store.ts')
  const store = stack.use(createMongodbMetadataStore({ url: mongodbUrl }))
  try {
    await store.ping()
  } catch (error) {
    const reason = isImageDocError(error) ? error.message : 'The database could not be used.'
    throw refused('IMAGEDOC_MONGODB_URL', `${reason} Check IMAGEDOC_MONGODB_URL, and that the server runs.`)
  }
  return store
}

import { openDatabase } from './open-drivers/database.ts'
import { openTables, tableNames } from './records/tables.ts'
import { type StartOptions, startSettings } from './start-services.ts'

/**
 * Brings the database that the settings choose up to date, as every start does. Doing it again changes nothing.
 * @returns the names of its tables, and where it is in words
 * @throws INVALID_CONFIG for a database that cannot be reached, is a newer ImageDoc's, or is embedded and in use by a server
 */
export async function migrateDatabase(
  options: Pick<StartOptions, 'environment' | 'settings'> = {},
): Promise<{ readonly tables: readonly string[]; readonly place: string }> {
  const settings = await startSettings(options)
  await using stack = new AsyncDisposableStack()
  await openTables(await openDatabase(settings, stack))
  return { tables: tableNames, place: settings.mongodbUrl === undefined ? settings.dataFolder : 'MongoDB' }
}

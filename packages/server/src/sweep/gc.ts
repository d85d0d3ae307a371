import { existsSync } from 'node:fs'
import { ImageDocError } from '@imagedoc/core'
import { createLog } from '../logging/log.ts'
import { databaseFile } from '../open-drivers/database.ts'
import { openDrivers } from '../open-drivers.ts'
import { createQueues } from '../queues/queues.ts'
import { readSettings } from '../settings/settings.ts'
import type { StartOptions } from '../start-services.ts'
import { type Garbage, type GarbageNeeds, sweepGarbage } from './sweep.ts'

/** What {@link collectGarbage} takes. */
export interface CollectOptions extends Pick<StartOptions, 'environment' | 'settings' | 'drivers'> {
  /** Count what would go, and remove nothing. @default false */
  dryRun?: boolean
  /** Stops between two of its steps. */
  signal?: AbortSignal
}

/**
 * Removes what nobody needs: what every server does once an hour, in one go. It never touches what is younger than a day, so it may run beside servers.
 * It makes no database: to an empty one every file would be one that nobody names.
 * @throws INVALID_CONFIG for settings that are wrong, no database, or an embedded one that a server has; STORE_UNAVAILABLE while another process sweeps
 */
export async function collectGarbage(options: CollectOptions = {}): Promise<Garbage> {
  const { dryRun = false, signal = new AbortController().signal, drivers: given = {} } = options
  const settings = { ...readSettings(options.environment ?? process.env), ...options.settings }
  const isEmbedded = settings.mongodbUrl === undefined
  if (!given.store && isEmbedded && !existsSync(databaseFile(settings.dataFolder))) throw noDatabase()
  const now = (): Date => new Date()
  await using stack = new AsyncDisposableStack()
  const opening = { settings, given, config: { plugins: [] }, log: createLog(settings.logLevel), now, queues: createQueues(settings) }
  const drivers = await openDrivers(opening, stack)
  if (!given.store && !isEmbedded && !(await drivers.tables.settings.get('instance_key'))) throw noDatabase()
  const needs: GarbageNeeds = { ...drivers, now }
  if (dryRun) return await sweepGarbage(needs, signal, { dryRun })
  await using lease = await drivers.lock.acquire('sweep', { ttlMs: 60_000 })
  if (!lease) throw new ImageDocError('STORE_UNAVAILABLE', 'Another process tidies up now. Try again in some minutes.')
  return await sweepGarbage(needs, AbortSignal.any([signal, lease.signal]), { dryRun })
}

function noDatabase(): ImageDocError {
  return new ImageDocError(
    'INVALID_CONFIG',
    'No server has kept anything here yet, so there is nothing to remove. Name the data folder in IMAGEDOC_DATA (--data DIR at a terminal), or the database in IMAGEDOC_MONGODB_URL.',
  )
}

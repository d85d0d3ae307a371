import { type Digest, digestOf } from '@imagedoc/core'
import type { RedisConnection } from '@imagedoc/core/drivers/redis'
import type { Presence } from '../drivers/redis/presence.ts'
import { openInstanceKey } from '../instance-key.ts'
import { type Log, oncePerMinute, reasonOf } from '../logging/log.ts'
import { newId } from '../records/id.ts'
import type { Tables } from '../records/tables.ts'
import { refused } from './refused.ts'

interface OneDatabase {
  readonly connection: RedisConnection
  readonly tables: Tables
  readonly now: () => Date
  readonly log: Pick<Log, 'warn'>
}

/** A process, and the database that it works on. */
interface Notice {
  readonly id: string
  readonly database: Digest
}

/**
 * Jobs, locks and events know of no database: of two installations on one Redis each would take the other's jobs.
 * @throws INVALID_CONFIG while processes are there that work on another database
 */
export async function assertOneDatabase({ connection, tables, now, log }: OneDatabase, stack: AsyncDisposableStack): Promise<void> {
  const failed = oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'databases'))
  const presence = stack.use(await openPresence(connection, failed))
  const own: Notice = { id: newId(), database: digestOf(await openInstanceKey(tables, now)) }
  // Said before it is asked: of two that start at the same time neither goes unseen.
  await presence.join(JSON.stringify(own)).said
  const notices = (await presence.present()).map((json) => JSON.parse(json) as Notice)
  if (notices.every(({ database }) => database === own.database)) return
  throw refused(
    'IMAGEDOC_REDIS_URL',
    'IMAGEDOC_REDIS_URL leads to a Redis that processes on another database use; it expects one of this installation alone, or another number in it: redis://127.0.0.1:6379/1. If nobody else uses it, IMAGEDOC_MONGODB_URL is not the same for all processes. One that was killed is forgotten after 30 s.',
  )
}

/** @throws INVALID_CONFIG while servers or workers of any database are on this Redis */
export async function assertNobodyThere(connection: RedisConnection): Promise<void> {
  await using presence = await openPresence(connection, () => undefined)
  if ((await presence.present()).length === 0) return
  throw refused(
    'IMAGEDOC_REDIS_URL',
    'Servers or workers are running on the Redis of IMAGEDOC_REDIS_URL. Stop all of them first. One that was killed is forgotten after 30 s.',
  )
}

async function openPresence(connection: RedisConnection, failed: (error: unknown) => void): Promise<Presence> {
  const { REDIS_PREFIX } = await import('@imagedoc/core/drivers/redis')
  const { createRedisPresence } = await import('../drivers/redis/presence.ts')
  const { serverKeys } = await import('../drivers/redis/keys.ts')
  return createRedisPresence({ connection, key: serverKeys(REDIS_PREFIX).databases, failed })
}

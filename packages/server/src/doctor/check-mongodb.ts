import { randomUUID } from 'node:crypto'
import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { createMongodbMetadataStore } from '../drivers/mongodb/metadata-store.ts'
import { createTableLock } from '../drivers/table-lock.ts'
import { locks } from '../records/instance.ts'
import { latencyOf, type ServerCheck } from './server-check.ts'

/** Reaches the database, and writes, reads and deletes a row of its own in it. */
export async function checkMongodb(url: string): Promise<ServerCheck> {
  const name = 'IMAGEDOC_MONGODB_URL'
  await using store = createMongodbMetadataStore({ url })
  try {
    const version = await store.version()
    const latency = await latencyOf(() => store.ping())
    await store.migrate([locks])
    await using lock = createTableLock(store.table(locks))
    await using lease = await lock.acquire(`doctor:${randomUUID()}`, { ttlMs: 5000 })
    if (!lease) throw new ImageDocError('STORE_FAILED', 'A row that was written could not be read.')
    return { name, status: 'ok', message: `${version}, ${latency}, rows can be written and read` }
  } catch (error) {
    const message = isImageDocError(error) ? error.message : 'it cannot be used'
    return { name, status: 'wrong', message, remedy: 'Check the address, that the server runs, and that its user has the role readWrite.' }
  }
}

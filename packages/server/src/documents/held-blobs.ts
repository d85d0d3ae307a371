import type { Digest, Lease } from '@imagedoc/core'
import type { Services } from '../services.ts'
import { TURN_MS, takeTurn } from '../turns/take-turn.ts'
import { isReferenced } from './references.ts'

const lockOf = (digest: Digest): string => `blob:${digest}`

/**
 * A blob belongs to whoever names it in the tables, and several may. Whoever stores one and then writes down that she holds it takes this turn around
 * both: until it is disposed nobody drops the blob, which was there perhaps already and held by somebody who lets go of it just now.
 * @throws STORE_UNAVAILABLE when others are busy with this blob for too long
 */
export function keepBlob({ lock }: Pick<Services, 'lock'>, digest: Digest): Promise<Lease> {
  return takeTurn(lock, lockOf(digest), 'The same file is being stored by others. Try again.')
}

/** Deletes an owned blob that nobody holds; true when it did. One that somebody is about to hold is left for the sweep to judge. */
export async function dropBlob({ blobs, lock, tables }: Pick<Services, 'blobs' | 'lock' | 'tables'>, digest: Digest): Promise<boolean> {
  await using turn = await lock.acquire(lockOf(digest), { ttlMs: TURN_MS })
  if (!turn || (await isReferenced(tables, digest))) return false
  await blobs.delete('objects', digest)
  return true
}

/** Whether an owned blob is there, and not just about to be dropped. */
export async function isBlobThere({ blobs, lock }: Pick<Services, 'blobs' | 'lock'>, digest: Digest): Promise<boolean> {
  await using _turn = await keepBlob({ lock }, digest)
  const found = await blobs.stat(digest)
  return found?.namespaces.includes('objects') === true
}

import { setTimeout as wait } from 'node:timers/promises'
import { ImageDocError } from '@imagedoc/core'
import { changeRow } from '../records/change-row.ts'
import type { User } from '../records/user.ts'
import type { AccountParts } from './account-parts.ts'
import { requireUser } from './user-rows.ts'

const TTL_MS = 10_000
const ATTEMPTS = 100
const WAIT_MS = 50

/**
 * Changes who is a manager, one at a time: else two managers could demote each other at the same moment, and none would be left.
 * @throws NOT_FOUND; FORBIDDEN when no active manager would be left; STORE_UNAVAILABLE
 */
export async function changeKeepingAManager(
  { tables, lock }: Pick<AccountParts, 'tables' | 'lock'>,
  id: string,
  change: Partial<Pick<User, 'role' | 'active'>>,
): Promise<User> {
  await using _lease = await turn(lock)
  const user = await requireUser(tables, id)
  if (isManaging(user) && !isManaging({ ...user, ...change }) && (await tables.users.count('by_role', ['manager', true])) < 2)
    throw new ImageDocError('FORBIDDEN', 'This is the last active manager. Make another user manager first.', { path: 'id' })
  const changed = await changeRow(tables.users, id, () => change)
  return changed ?? requireUser(tables, id)
}

function isManaging({ role, active }: Pick<User, 'role' | 'active'>): boolean {
  return role === 'manager' && active
}

async function turn(lock: AccountParts['lock']): Promise<AsyncDisposable> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const lease = await lock.acquire('managers', { ttlMs: TTL_MS })
    if (lease) return lease
    await wait(WAIT_MS)
  }
  throw new ImageDocError('STORE_UNAVAILABLE', 'Other managers are changing users. Try again.')
}

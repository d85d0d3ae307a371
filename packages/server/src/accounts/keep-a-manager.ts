import { ImageDocError } from '@imagedoc/core'
import { changeRow } from '../records/change-row.ts'
import type { User } from '../records/user.ts'
import { takeTurn } from '../turns/take-turn.ts'
import type { AccountParts } from './account-parts.ts'
import { requireUser } from './user-rows.ts'

/**
 * Changes who is a manager, one at a time: else two managers could demote each other at the same moment, and none would be left.
 * @throws NOT_FOUND; FORBIDDEN when no active manager would be left; STORE_UNAVAILABLE
 */
export async function changeKeepingAManager(
  { tables, lock }: Pick<AccountParts, 'tables' | 'lock'>,
  id: string,
  change: Partial<Pick<User, 'role' | 'active'>>,
): Promise<User> {
  await using _lease = await takeTurn(lock, 'managers', 'Other managers are changing users. Try again.')
  const user = await requireUser(tables, id)
  if (isManaging(user) && !isManaging({ ...user, ...change }) && (await tables.users.count('by_role', ['manager', true])) < 2)
    throw new ImageDocError('FORBIDDEN', 'This is the last active manager. Make another user manager first.', { path: 'id' })
  const changed = await changeRow(tables.users, id, () => change)
  return changed ?? requireUser(tables, id)
}

function isManaging({ role, active }: Pick<User, 'role' | 'active'>): boolean {
  return role === 'manager' && active
}

import type { Caller } from '../access/caller.ts'
import type { Quota, User } from '../records/user.ts'
import type { AccountNeeds, AccountParts } from './account-parts.ts'
import { createKeys, type Keys } from './keys.ts'
import { createLogins, type Logins } from './logins.ts'
import { createManagement, type Management } from './management.ts'
import { createOwnPassword, type OwnPassword } from './own-password.ts'
import { createPasswords } from './password.ts'
import { createRegistration, type Registration } from './registration.ts'
import { createTokenLedger } from './token-ledger.ts'
import { requireUser } from './user-rows.ts'

/** Users, and the tokens that they come with. Every deed is recorded. */
export interface Accounts extends Registration, Logins, OwnPassword, Keys, Management {
  /** The caller's account and what her collections hold. */
  me(caller: Caller): Promise<{ readonly user: User; readonly usage: Quota }>
}

export function createAccounts(needs: AccountNeeds): Accounts {
  const parts: AccountParts = { ...needs, passwords: createPasswords(needs.queues.passwords), tokens: createTokenLedger(needs) }
  const { tables, usage } = needs
  return {
    ...createRegistration(parts),
    ...createLogins(parts),
    ...createOwnPassword(parts),
    ...createKeys(parts),
    ...createManagement(parts),
    async me({ userId }) {
      const [user, used] = await Promise.all([requireUser(tables, userId), usage.read(userId)])
      return { user, usage: used }
    },
  }
}

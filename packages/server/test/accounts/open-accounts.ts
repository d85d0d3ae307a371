import type { EventBus } from '@imagedoc/core'
import type { Caller } from '../../src/access/caller.ts'
import { createAccounts } from '../../src/accounts/accounts.ts'
import { createAuthenticator } from '../../src/accounts/authenticator.ts'
import { createRateLimits, type Limits } from '../../src/accounts/rate-limits.ts'
import { createAudit } from '../../src/audit/audit.ts'
import { createLocalEventBus } from '../../src/drivers/local-event-bus.ts'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { createTableLock } from '../../src/drivers/table-lock.ts'
import { createLog } from '../../src/logging/log.ts'
import { createQueues } from '../../src/queues/queues.ts'
import { openTables } from '../../src/records/tables.ts'
import { readSettings, type ServerSettings } from '../../src/settings/settings.ts'
import { createUsageLedger } from '../../src/usage/usage.ts'

export const visitor = { address: '192.0.2.1', userAgent: 'a test' }
export const password = 'correct horse battery'

export interface OpenOptions {
  readonly registration?: ServerSettings['registration']
  readonly limits?: Partial<Limits>
  readonly events?: EventBus
}

/** Accounts on a real database in memory, with a clock that stands still until it is moved. */
export async function openAccounts({ registration = 'open', limits = {}, events = createLocalEventBus() }: OpenOptions = {}) {
  const store = createSqliteMetadataStore({ path: ':memory:' })
  const tables = await openTables(store)
  const log = createLog('silent')
  let time = Date.parse('2026-01-01T00:00:00Z')
  const now = (): Date => new Date(time)
  const settings = readSettings({ IMAGEDOC_REGISTRATION: registration })
  const authenticator = createAuthenticator({ tables, events, log, now })
  const rateLimits = createRateLimits(limits)
  let deeds = 0
  // Its own clock goes on, so that the order of the entries is that of the deeds.
  const audit = createAudit(tables, () => new Date(time + deeds++))
  const usage = createUsageLedger(tables, now)
  const lock = createTableLock(tables.locks)
  const instanceKey = new Uint8Array(32).fill(7)
  const queues = createQueues(settings)
  const accounts = createAccounts({ settings, tables, authenticator, rateLimits, audit, usage, lock, now, instanceKey, queues })
  return {
    tables,
    events,
    log,
    now,
    authenticator,
    rateLimits,
    usage,
    accounts,
    pass(ms: number): void {
      time += ms
    },
    caller: (token: string): Promise<Caller> => authenticator.authenticate(token),
    /** Registers the first manager with the setup token. */
    async firstManager(username = 'root'): Promise<Caller> {
      const setupToken = (await accounts.setupToken()) ?? undefined
      const { token } = await accounts.register({ username, email: `${username}@example.org`, password, setupToken }, visitor)
      return authenticator.authenticate(token)
    },
    /** A user whom a manager made and who has chosen her password. */
    async user(manager: Caller, username: string, role: 'user' | 'manager' = 'user'): Promise<Caller> {
      const { token } = await accounts.create(manager, { username, email: `${username}@example.org`, role })
      const loggedIn = await accounts.setPassword({ token: token ?? '', password }, visitor)
      return authenticator.authenticate(loggedIn.token)
    },
    login: (username: string, word = password) => accounts.login({ username, password: word }, visitor),
    audited: async () => (await audit.list({ limit: 100 })).rows.toReversed(),
    async [Symbol.asyncDispose]() {
      await authenticator[Symbol.asyncDispose]()
      await lock[Symbol.asyncDispose]()
      await events[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

export type OpenAccounts = Awaited<ReturnType<typeof openAccounts>>

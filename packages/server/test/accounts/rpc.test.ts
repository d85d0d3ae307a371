import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { createAuthRouter } from '../../src/rpc/auth.ts'
import { createProcedures } from '../../src/rpc/trpc.ts'
import { createUsersRouter } from '../../src/rpc/users.ts'
import { type OpenAccounts, openAccounts, password, visitor } from './open-accounts.ts'

let open: OpenAccounts
beforeEach(async () => {
  open = await openAccounts()
})
afterEach(() => open[Symbol.asyncDispose]())

/** The procedures as one caller has them. */
function as(caller: Caller | null) {
  const procedures = createProcedures({ metrics: createMetrics(), rateLimits: open.rateLimits, tracing: undefined })
  const router = procedures.router({ auth: createAuthRouter(procedures, open), users: createUsersRouter(procedures, open) })
  return router.createCaller({ caller, ...visitor })
}

const because = (code: string) => ({ cause: { code } })
/** What TypeScript would not let through. */
const smuggled = <T>(input: T, more: Record<string, unknown>): T => ({ ...input, ...more })
const anna = { username: 'Anna', email: 'Anna@Example.org', password }

describe('procedures of accounts', () => {
  it('fold names and addresses to lower case, and let a user in by either', async () => {
    await open.firstManager()
    const { user } = await as(null).auth.register(anna)
    expect(user).toMatchObject({ username: 'anna', email: 'anna@example.org', role: 'user' })
    expect((await as(null).auth.login({ username: ' ANNA@example.org', password })).user.id).toBe(user.id)
    await expect(as(null).auth.register({ ...anna, email: 'b@example.org' })).rejects.toMatchObject(because('ALREADY_EXISTS'))
  })

  it('tell a user about herself, with her quota and what is used of it', async () => {
    const manager = await open.firstManager()
    await open.usage.reserve(manager.userId, { bytes: 10, documents: 1 })
    expect(await as(manager).auth.me()).toEqual({
      id: manager.userId,
      username: 'root',
      email: 'root@example.org',
      role: 'manager',
      active: true,
      quota: { bytes: 20 * 2 ** 30, documents: 20_000 },
      usage: { bytes: 10, documents: 1 },
      created_at: '2026-01-01T00:00:00.000Z',
    })
  })

  it.each([
    { role: 'manager' },
    { quota: { bytes: 1e12, documents: 1 } },
    { active: true },
    { _id: 'f'.repeat(24) },
    { password_hash: 'x' },
  ])('refuse a registration that brings more than it may: %j', async (more) => {
    await open.firstManager()
    await expect(as(null).auth.register(smuggled(anna, more))).rejects.toMatchObject(because('INVALID_REQUEST'))
    expect(await open.tables.users.count('by_age')).toBe(1)
  })

  it('refuse what a manager may not set, and what another user is meant by', async () => {
    const manager = await open.firstManager()
    const { username, email } = anna
    await expect(as(manager).users.create(smuggled({ username, email }, { password_hash: 'x' }))).rejects.toMatchObject(
      because('INVALID_REQUEST'),
    )
    const change = { currentPassword: password, newPassword: 'another horse battery' }
    await expect(as(manager).auth.changePassword(smuggled(change, { userId: 'f'.repeat(24) }))).rejects.toMatchObject(
      because('INVALID_REQUEST'),
    )
  })

  it.each([
    { username: 'ab' },
    { username: '-anna' },
    { username: 'anna@example.org' },
    { username: 'a'.repeat(41) },
    { username: 'än-na' },
    { email: 'anna' },
    { email: `${'a'.repeat(250)}@example.org` },
    { password: 'short' },
    { password: 'a'.repeat(201) },
  ])('refuse a registration with %j', async (wrong) => {
    await open.firstManager()
    await expect(as(null).auth.register({ ...anna, ...wrong })).rejects.toMatchObject(because('INVALID_REQUEST'))
  })

  it('are for those who may: nobody, users, keys, managers', async () => {
    const manager = await open.firstManager()
    const user = await open.user(manager, 'anna')
    const key = await open.caller((await as(user).auth.keys.create({ name: 'script' })).token)
    await expect(as(null).auth.me()).rejects.toMatchObject(because('UNAUTHENTICATED'))
    await expect(as(user).users.list({})).rejects.toMatchObject(because('FORBIDDEN'))
    await expect(as(user).users.setRole({ id: user.userId, role: 'manager' })).rejects.toMatchObject(because('FORBIDDEN'))
    expect(await as(key).auth.me()).toMatchObject({ username: 'anna' })
    await expect(as(key).auth.keys.create({ name: 'more' })).rejects.toMatchObject(because('FORBIDDEN'))
    await expect(as(key).auth.sessions.list({})).rejects.toMatchObject(because('FORBIDDEN'))
    await expect(as(key).auth.logout()).rejects.toMatchObject(because('FORBIDDEN'))
    const change = { currentPassword: password, newPassword: 'another horse battery' }
    await expect(as(key).auth.changePassword(change)).rejects.toMatchObject(because('FORBIDDEN'))
  })

  it('never give away a hash, and a token only where it is made', async () => {
    const manager = await open.firstManager()
    const made = await as(manager).users.create({ username: 'anna', email: 'anna@example.org' })
    const key = await as(manager).auth.keys.create({ name: 'script' })
    const loggedIn = await as(null).auth.setPassword({ token: made.token ?? '', password })
    const shown = [
      made.user,
      key.key,
      loggedIn.user,
      await as(manager).auth.me(),
      await as(manager).auth.sessions.list({}),
      await as(manager).auth.keys.list({}),
      await as(manager).users.list({}),
      await as(manager).users.setQuota({ id: made.user.id, quota: { bytes: 1, documents: 1 } }),
      await as(manager).users.deactivate({ id: made.user.id }),
      await open.audited(),
    ]
    expect(JSON.stringify(shown)).not.toMatch(/hash|argon2|id[skt]_/)
  })

  it('list users page by page, the newest first', async () => {
    const manager = await open.firstManager()
    for (const username of ['anna', 'bert', 'carl']) {
      open.pass(1)
      await as(manager).users.create({ username, email: `${username}@example.org` })
    }
    const first = await as(manager).users.list({ limit: 3 })
    const second = await as(manager).users.list({ limit: 3, after: first.next ?? '' })
    expect([...first.items, ...second.items].map(({ username }) => username)).toEqual(['carl', 'bert', 'anna', 'root'])
    expect(second.next).toBeNull()
  })

  it('list the sessions of the caller and say which one is this', async () => {
    const manager = await open.firstManager()
    open.pass(1)
    await open.login('root')
    const { items } = await as(manager).auth.sessions.list({})
    expect(items.map(({ current }) => current)).toEqual([false, true])
    expect(await as(manager).auth.sessions.revoke({ id: items[0]?.id ?? '' })).toEqual({ ended: true })
    expect(await as(manager).auth.logout()).toEqual({ ended: true })
    expect(manager.signal.aborted).toBe(true)
  })
})

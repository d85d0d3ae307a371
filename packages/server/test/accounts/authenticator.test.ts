import { ImageDocError } from '@imagedoc/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAuthenticator } from '../../src/accounts/authenticator.ts'
import { hashOf } from '../../src/accounts/token.ts'
import { type OpenAccounts, openAccounts } from './open-accounts.ts'

const DAY = 24 * 60 * 60_000
let open: OpenAccounts
beforeEach(async () => {
  open = await openAccounts()
})
afterEach(() => open[Symbol.asyncDispose]())

const refused = { code: 'UNAUTHENTICATED' }
const usedAt = async (id: string) => (await open.tables.tokens.get(id))?.last_used_at?.getTime()

describe('authentication', () => {
  it('says who calls, from the tables as they are now', async () => {
    const manager = await open.firstManager()
    const user = await open.user(manager, 'anna')
    const { token } = await open.login('anna')
    expect(await open.caller(token)).toMatchObject({
      userId: user.userId,
      username: 'anna',
      role: 'user',
      accessEpoch: 0,
      tokenKind: 'session',
    })
    await open.accounts.setRole(manager, { id: user.userId, role: 'manager' })
    expect(await open.caller(token)).toMatchObject({ role: 'manager' })
  })

  it.each(['', 'ids_', 'Bearer', `ids_${'A'.repeat(43)}`, `ids_${'A'.repeat(1e6)}`])('refuses an unknown token', async (token) => {
    await expect(open.caller(token)).rejects.toMatchObject(refused)
  })

  it('refuses the stored hash, and tokens that are for something else', async () => {
    const setupToken = (await open.accounts.setupToken()) ?? ''
    await expect(open.caller(setupToken)).rejects.toMatchObject(refused)
    await expect(open.caller(hashOf(setupToken))).rejects.toMatchObject(refused)
    const manager = await open.firstManager()
    const { token } = await open.accounts.create(manager, { username: 'anna', email: 'anna@example.org', role: 'user' })
    await expect(open.caller(token ?? '')).rejects.toMatchObject(refused)
  })

  it('refuses a session at the moment of its expiry', async () => {
    await open.firstManager()
    const { token } = await open.login('root')
    open.pass(30 * DAY - 1)
    await open.caller(token)
    open.pass(1)
    await expect(open.caller(token)).rejects.toMatchObject(refused)
  })

  it('refuses a user who is not active, also when her token is still there', async () => {
    await open.firstManager()
    const { token, user } = await open.login('root')
    await open.tables.users.replaceIf({ ...user, active: false })
    await expect(open.caller(token)).rejects.toMatchObject(refused)
  })

  it('refuses a token that ends while it is being looked up', async () => {
    await open.firstManager()
    const { token, session } = await open.login('root')
    const list: typeof open.tables.tokens.list = async (query) => {
      const page = await open.tables.tokens.list(query)
      await open.tables.tokens.delete(session._id)
      return page
    }
    const tables = { ...open.tables, tokens: { ...open.tables.tokens, list } }
    await using authenticator = createAuthenticator({ ...open, tables })
    await expect(authenticator.authenticate(token)).rejects.toMatchObject(refused)
  })

  it('stores no token, only its hash', async () => {
    await open.firstManager()
    const { token } = await open.login('root')
    const { rows } = await open.tables.tokens.list({ index: 'by_expiry', limit: 100 })
    expect(rows.map(({ hash }) => hash)).toContain(hashOf(token))
    expect(JSON.stringify(rows)).not.toContain(token)
  })
})

describe('when a token was last used', () => {
  it('is noted at most once a minute', async () => {
    await open.firstManager()
    const { token, session } = await open.login('root')
    const first = open.now().getTime()
    await open.caller(token)
    open.pass(59_999)
    await open.caller(token)
    expect(await usedAt(session._id)).toBe(first)
    open.pass(1)
    await open.caller(token)
    expect(await usedAt(session._id)).toBe(first + 60_000)
  })

  it('fails no request when it cannot be noted', async () => {
    await open.firstManager()
    const { token } = await open.login('root')
    const replaceIf = async (): Promise<never> => {
      throw new ImageDocError('STORE_UNAVAILABLE', 'Read only.')
    }
    await using authenticator = createAuthenticator({ ...open, tables: { ...open.tables, tokens: { ...open.tables.tokens, replaceIf } } })
    expect(await authenticator.authenticate(token)).toMatchObject({ username: 'root' })
  })
})

describe('the signal of a caller', () => {
  it('aborts at logout, here and in another process, and only hers', async () => {
    await open.firstManager()
    const { token } = await open.login('root')
    const { token: otherToken } = await open.login('root')
    await using elsewhere = createAuthenticator(open)
    const [here, there, other] = [await open.caller(token), await elsewhere.authenticate(token), await elsewhere.authenticate(otherToken)]
    await open.accounts.logout(here)
    expect(here.signal.aborted).toBe(true)
    expect(there.signal.aborted).toBe(true)
    expect(other.signal.aborted).toBe(false)
    await expect(elsewhere.authenticate(token)).rejects.toMatchObject(refused)
  })

  it('aborts for a key that is revoked', async () => {
    const manager = await open.firstManager()
    const { token, key } = await open.accounts.createKey(manager, { name: 'script', days: 1 })
    const { signal, tokenKind } = await open.caller(token)
    expect(tokenKind).toBe('key')
    expect(await open.accounts.endKey(manager, key._id)).toBe(true)
    expect(signal.reason).toMatchObject(refused)
  })
})

import { verify } from '@node-rs/argon2'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import { type OpenAccounts, openAccounts, password, visitor } from './open-accounts.ts'

// The real engine, counted.
vi.mock('@node-rs/argon2', async (original) => {
  const engine = await original<typeof import('@node-rs/argon2')>()
  return { ...engine, verify: vi.fn(engine.verify) }
})
const verified = vi.mocked(verify)
const engine = await vi.importActual<typeof import('@node-rs/argon2')>('@node-rs/argon2')

let open: OpenAccounts
let manager: Caller
beforeEach(async () => {
  open = await openAccounts()
  manager = await open.firstManager()
  verified.mockClear()
})
afterEach(() => open[Symbol.asyncDispose]())

const failed = { code: 'LOGIN_FAILED' }
const wrong = 'a wrong password'

describe('login', () => {
  it('takes the user name or the e-mail address', async () => {
    expect((await open.login('root')).user._id).toBe(manager.userId)
    expect((await open.login('root@example.org')).user._id).toBe(manager.userId)
  })

  it('takes the same work, one verification of one cost, and gives the same answer for everybody who may not', async () => {
    const inactive = await open.user(manager, 'inactive')
    await open.accounts.deactivate(manager, inactive.userId)
    await open.accounts.create(manager, { username: 'unset', email: 'unset@example.org', role: 'user' })
    verified.mockClear()
    const answers: unknown[] = []
    for (const [name, word] of [
      ['root', wrong],
      ['nobody', wrong],
      ['no@example.org', wrong],
      ['inactive', password],
      ['unset', password],
    ] as const)
      await open.login(name, word).catch((error: { toJSON(): unknown }) => answers.push(error.toJSON()))
    expect(answers).toHaveLength(5)
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject(failed)
    expect(verified).toHaveBeenCalledTimes(5)
    for (const [hash] of verified.mock.calls) expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  })

  it('is limited by account, whichever of its names is typed, and looks at no password beyond', async () => {
    await using limited = await openAccounts({ limits: { account: { points: 2, seconds: 60 } } })
    await limited.firstManager()
    verified.mockClear()
    await expect(limited.login('root', wrong)).rejects.toMatchObject(failed)
    await expect(limited.login('root@example.org', wrong)).rejects.toMatchObject(failed)
    await expect(limited.login('root')).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 60 } })
    expect(verified).toHaveBeenCalledTimes(2)
  })

  it('lets no more attempts through when they come at the same time', async () => {
    await using limited = await openAccounts({ limits: { account: { points: 3, seconds: 60 } } })
    await limited.firstManager()
    verified.mockClear()
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => limited.login('root', wrong)))
    const codes = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'let in'))
    expect(codes.toSorted()).toEqual([...Array(3).fill('LOGIN_FAILED'), ...Array(17).fill('RATE_LIMITED')])
    expect(verified).toHaveBeenCalledTimes(3)
  })

  it('is limited by address over all accounts', async () => {
    await using limited = await openAccounts({ limits: { address: { points: 2, seconds: 60 } } })
    await limited.firstManager()
    await expect(limited.login('a', wrong)).rejects.toMatchObject(failed)
    await expect(limited.login('b', wrong)).rejects.toMatchObject(failed)
    await expect(limited.login('root')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    await limited.accounts.login({ username: 'root', password }, { ...visitor, address: '192.0.2.2' })
  })

  it.each(['deactivated', 'reset'] as const)('opens no session for a user who is %s while her password is checked', async (how) => {
    const { userId } = await open.user(manager, 'anna')
    verified.mockImplementationOnce(async (...call) => {
      const fits = await engine.verify(...call)
      if (how === 'deactivated') await open.accounts.deactivate(manager, userId)
      else await open.accounts.resetPassword(manager, { id: userId, endKeys: false })
      return fits
    })
    await expect(open.login('anna')).rejects.toMatchObject(failed)
    expect(await open.tables.tokens.count('by_user', [userId, 'session'])).toBe(0)
  })

  it('is recorded, failed ones too: by id, never by the name that was typed', async () => {
    await open.login('root')
    await expect(open.login('root', wrong)).rejects.toMatchObject(failed)
    await expect(open.login('my-password-typed-here', wrong)).rejects.toMatchObject(failed)
    const entries = (await open.audited()).filter(({ action }) => action === 'auth.login')
    expect(entries).toMatchObject([
      { user_id: manager.userId, subject: { type: 'session' }, details: null },
      { user_id: manager.userId, details: { failed: true } },
      { user_id: null, details: { failed: true } },
    ])
    expect(JSON.stringify(entries)).not.toContain('typed')
  })
})

describe('sessions', () => {
  it('are listed newest first, under the name of what opened them, without control characters', async () => {
    open.pass(1000)
    await open.accounts.login({ username: 'root', password }, { ...visitor, userAgent: `Brow\u202eser\n${'x'.repeat(500)}` })
    const { rows, next } = await open.accounts.sessions(manager, { limit: 10 })
    expect(rows.map(({ name }) => name)).toEqual([`Brow ser ${'x'.repeat(191)}`, 'a test'])
    expect(next).toBeNull()
  })

  it('are not listed once they have expired', async () => {
    open.pass(31 * 24 * 60 * 60_000)
    expect((await open.accounts.sessions(manager, { limit: 10 })).rows).toEqual([])
  })

  it('of others cannot be ended', async () => {
    const anna = await open.user(manager, 'anna')
    expect(await open.accounts.endSession(anna, manager.tokenId)).toBe(false)
    expect(await open.accounts.endKey(manager, manager.tokenId)).toBe(false)
    expect(manager.signal.aborted).toBe(false)
    expect(await open.accounts.endSession(manager, manager.tokenId)).toBe(true)
    expect(manager.signal.aborted).toBe(true)
  })

  it('are at most a hundred: the oldest ends', async () => {
    const { rows } = await open.accounts.sessions(manager, { limit: 1 })
    const [row] = rows
    if (!row) throw new Error('she is logged in')
    const later = new Date(row.created_at.getTime() + 1)
    for (let index = 0; index < 99; index++)
      await open.tables.tokens.insert({ ...row, _id: `${index}`, hash: `${index}`, revision: 0, created_at: later })
    open.pass(1000)
    await open.login('root')
    expect(await open.tables.tokens.count('by_user', [manager.userId, 'session'])).toBe(100)
    expect(manager.signal.aborted).toBe(true)
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import { type OpenAccounts, openAccounts, password, visitor } from './open-accounts.ts'

const DAY = 24 * 60 * 60_000
const newPassword = 'another horse battery'
let open: OpenAccounts
let manager: Caller
beforeEach(async () => {
  open = await openAccounts()
  manager = await open.firstManager()
})
afterEach(() => open[Symbol.asyncDispose]())

const change = (endKeys = false, currentPassword = password) =>
  open.accounts.changePassword(manager, { currentPassword, newPassword, endKeys })

describe('changing the password', () => {
  it('ends every other session at once, and keeps this one and the keys', async () => {
    const other = await open.caller((await open.login('root')).token)
    const key = await open.caller((await open.accounts.createKey(manager, { name: 'script', days: 1 })).token)
    expect(await change()).toBe(1)
    expect([manager, other, key].map(({ signal }) => signal.aborted)).toEqual([false, true, false])
    await expect(open.login('root')).rejects.toMatchObject({ code: 'LOGIN_FAILED' })
    await open.login('root', newPassword)
  })

  it('ends the keys too when asked', async () => {
    const key = await open.caller((await open.accounts.createKey(manager, { name: 'script', days: 1 })).token)
    expect(await change(true)).toBe(1)
    expect(key.signal.aborted).toBe(true)
  })

  it('needs the current one; guesses are limited and recorded', async () => {
    await using limited = await openAccounts({ limits: { account: { points: 2, seconds: 60 } } })
    const caller = await limited.firstManager()
    const guess = () => limited.accounts.changePassword(caller, { currentPassword: 'a wrong password', newPassword, endKeys: false })
    await expect(guess()).rejects.toMatchObject({ code: 'LOGIN_FAILED', path: 'currentPassword' })
    await expect(guess()).rejects.toMatchObject({ code: 'LOGIN_FAILED' })
    await expect(guess()).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    expect((await limited.audited()).filter(({ action }) => action === 'auth.changePassword')).toHaveLength(2)
    await expect(limited.login('root')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })

  it('happens once when it is asked for twice at the same time', async () => {
    const outcomes = await Promise.allSettled([change(), change()])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'STALE_REVISION' } })
  })
})

describe('the one-time token of a password', () => {
  const made = async () => {
    const { user, token } = await open.accounts.create(manager, { username: 'anna', email: 'anna@example.org', role: 'user' })
    return { user, token: token ?? '' }
  }
  const set = (token: string, word = password) => open.accounts.setPassword({ token, password: word }, visitor)
  const refused = { code: 'UNAUTHENTICATED', path: 'token' }

  it('sets the password once, and logs in', async () => {
    const { user, token } = await made()
    expect(await open.caller((await set(token)).token)).toMatchObject({ userId: user._id })
    await open.login('anna')
    await expect(set(token, newPassword)).rejects.toMatchObject(refused)
    await open.login('anna')
  })

  it('serves one of two who come with it at the same time', async () => {
    const { token } = await made()
    const outcomes = await Promise.allSettled([set(token), set(token, newPassword)])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: refused })
  })

  it('stays when the password was refused', async () => {
    const { token } = await made()
    await expect(set(token, 'anna@example.org')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    await set(token)
  })

  it('expires after seven days', async () => {
    const { token } = await made()
    open.pass(7 * DAY)
    await expect(set(token)).rejects.toMatchObject(refused)
  })

  it('ends with the account, and with a newer one', async () => {
    const { user, token } = await made()
    const { token: newer } = await open.accounts.resetPassword(manager, { id: user._id, endKeys: false })
    await expect(set(token)).rejects.toMatchObject(refused)
    await open.accounts.deactivate(manager, user._id)
    await open.accounts.reactivate(manager, user._id)
    await expect(set(newer)).rejects.toMatchObject(refused)
  })

  it('cannot be guessed: attempts are limited by address', async () => {
    await using limited = await openAccounts({ limits: { entry: { points: 1, seconds: 60 } } })
    const guess = () => limited.accounts.setPassword({ token: `idt_${'A'.repeat(43)}`, password }, visitor)
    await expect(guess()).rejects.toMatchObject(refused)
    await expect(guess()).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import { type OpenAccounts, openAccounts, password } from './open-accounts.ts'

let open: OpenAccounts
let manager: Caller
beforeEach(async () => {
  open = await openAccounts({ registration: 'closed' })
  manager = await open.firstManager()
})
afterEach(() => open[Symbol.asyncDispose]())

const lastManager = { code: 'FORBIDDEN', path: 'id' }
const anna = { username: 'anna', email: 'anna@example.org', role: 'user', idempotencyKey: 'request-1' } as const
const isFulfilled = ({ status }: PromiseSettledResult<unknown>): boolean => status === 'fulfilled'

describe('the last active manager', () => {
  it('can be neither demoted nor deactivated, whether others are inactive managers or users', async () => {
    const second = await open.user(manager, 'second', 'manager')
    await open.accounts.deactivate(manager, second.userId)
    await open.user(manager, 'anna')
    await expect(open.accounts.setRole(manager, { id: manager.userId, role: 'user' })).rejects.toMatchObject(lastManager)
    await expect(open.accounts.deactivate(manager, manager.userId)).rejects.toMatchObject(lastManager)
    expect(manager.signal.aborted).toBe(false)
    await open.accounts.reactivate(manager, second.userId)
    await open.accounts.setRole(manager, { id: manager.userId, role: 'user' })
  })

  it('stays when two managers demote or deactivate each other at the same moment', async () => {
    const second = await open.user(manager, 'second', 'manager')
    const outcomes = await Promise.allSettled([
      open.accounts.setRole(manager, { id: second.userId, role: 'user' }),
      open.accounts.deactivate(second, manager.userId),
    ])
    expect(outcomes.filter(isFulfilled)).toHaveLength(1)
    expect(outcomes.find((outcome) => !isFulfilled(outcome))).toMatchObject({ reason: lastManager })
    expect(await open.tables.users.count('by_role', ['manager', true])).toBe(1)
  })
})

describe('a deactivated user', () => {
  it('loses sessions, keys and logins at once, and gets only the login back', async () => {
    const user = await open.user(manager, 'anna')
    const key = await open.accounts.createKey(user, { name: 'script', days: 1 })
    const { signal } = await open.caller(key.token)
    expect(await open.accounts.deactivate(manager, user.userId)).toMatchObject({ active: false })
    expect([user.signal.aborted, signal.aborted]).toEqual([true, true])
    await expect(open.login('anna')).rejects.toMatchObject({ code: 'LOGIN_FAILED' })
    await open.accounts.reactivate(manager, user.userId)
    await expect(open.caller(key.token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await open.login('anna')
  })
})

describe('a reset password', () => {
  it('ends at once with all sessions, and keys stay unless asked', async () => {
    const user = await open.user(manager, 'anna')
    const key = await open.caller((await open.accounts.createKey(user, { name: 'script', days: 1 })).token)
    await open.accounts.resetPassword(manager, { id: user.userId, endKeys: false })
    expect([user.signal.aborted, key.signal.aborted]).toEqual([true, false])
    await expect(open.login('anna')).rejects.toMatchObject({ code: 'LOGIN_FAILED' })
    await open.accounts.resetPassword(manager, { id: user.userId, endKeys: true })
    expect(key.signal.aborted).toBe(true)
  })
})

describe('making a user', () => {
  it('repeated with one idempotency key gives the same user, and a token that ends the earlier one', async () => {
    const [first, again] = [await open.accounts.create(manager, anna), await open.accounts.create(manager, anna)]
    expect(again.user._id).toBe(first.user._id)
    const set = (token: string | null) =>
      open.accounts.setPassword({ token: token ?? '', password }, { address: '192.0.2.9', userAgent: '' })
    await expect(set(first.token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await set(again.token)
    expect(await open.accounts.create(manager, anna)).toMatchObject({ user: { _id: first.user._id }, token: null })
    expect((await open.audited()).filter(({ action }) => action === 'users.create')).toHaveLength(1)
  })

  it('is refused for a taken name or address, and for an idempotency key of another user', async () => {
    await open.accounts.create(manager, anna)
    const { idempotencyKey, ...other } = anna
    await expect(open.accounts.create(manager, { ...other, email: 'b@example.org' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      path: 'username',
    })
    await expect(open.accounts.create(manager, { ...other, username: 'bert' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      path: 'email',
    })
    const bert = { username: 'bert', email: 'bert@example.org', role: 'user', idempotencyKey } as const
    await expect(open.accounts.create(manager, bert)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
  })

  it('cannot be logged in to before a password is chosen', async () => {
    await open.accounts.create(manager, anna)
    await expect(open.login('anna', '')).rejects.toMatchObject({ code: 'LOGIN_FAILED' })
  })
})

describe('a key of a manager', () => {
  it('can make nobody a manager, and reset no password', async () => {
    const user = await open.user(manager, 'anna')
    const key = await open.caller((await open.accounts.createKey(manager, { name: 'script', days: 1 })).token)
    const refused = { code: 'FORBIDDEN' }
    await expect(open.accounts.setRole(key, { id: user.userId, role: 'manager' })).rejects.toMatchObject(refused)
    await expect(open.accounts.resetPassword(key, { id: user.userId, endKeys: false })).rejects.toMatchObject(refused)
    await expect(open.accounts.create(key, { ...anna, username: 'bert', role: 'manager' })).rejects.toMatchObject(refused)
    expect(user.signal.aborted).toBe(false)
  })
})

describe('a quota', () => {
  it('can be set below what is used, and then nothing can be added', async () => {
    const { userId } = await open.user(manager, 'anna')
    await open.usage.reserve(userId, { bytes: 100, documents: 2 })
    await open.accounts.setQuota(manager, { id: userId, quota: { bytes: 50, documents: 10 } })
    await expect(open.usage.reserve(userId, { bytes: 1, documents: 0 })).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    expect(await open.usage.read(userId)).toEqual({ bytes: 100, documents: 2 })
  })
})

describe('an unknown user', () => {
  it.each(['setRole', 'resetPassword', 'setQuota'] as const)('is not found by %s', async (deed) => {
    const request = { id: 'f'.repeat(24), role: 'user', endKeys: false, quota: { bytes: 1, documents: 1 } } as const
    await expect(open.accounts[deed](manager, request)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

it('records every deed of a manager with whom it was done to', async () => {
  const { userId } = await open.user(manager, 'anna')
  await open.accounts.setRole(manager, { id: userId, role: 'manager' })
  await open.accounts.setQuota(manager, { id: userId, quota: { bytes: 1, documents: 1 } })
  await open.accounts.resetPassword(manager, { id: userId, endKeys: true })
  await open.accounts.deactivate(manager, userId)
  await open.accounts.reactivate(manager, userId)
  const entries = (await open.audited()).filter(({ action }) => action.startsWith('users.'))
  expect(entries.map(({ action }) => action.slice(6))).toEqual([
    'create',
    'setRole',
    'setQuota',
    'resetPassword',
    'deactivate',
    'reactivate',
  ])
  for (const entry of entries) expect(entry).toMatchObject({ user_id: manager.userId, subject: { type: 'user', id: userId } })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import { type OpenAccounts, openAccounts } from './open-accounts.ts'

const DAY = 24 * 60 * 60_000
let open: OpenAccounts
let manager: Caller
beforeEach(async () => {
  open = await openAccounts()
  manager = await open.firstManager()
})
afterEach(() => open[Symbol.asyncDispose]())

const request = { name: 'script', days: 1, idempotencyKey: 'request-1' }

describe('API keys', () => {
  it('log in until they expire', async () => {
    const { token } = await open.accounts.createKey(manager, { name: 'script', days: 90 })
    open.pass(90 * DAY - 1)
    expect(await open.caller(token)).toMatchObject({ userId: manager.userId, tokenKind: 'key' })
    open.pass(1)
    await expect(open.caller(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect((await open.accounts.keys(manager, { limit: 10 })).rows).toEqual([])
  })

  it('are made once for one idempotency key: the repeated request learns which key it is', async () => {
    const { key } = await open.accounts.createKey(manager, request)
    await expect(open.accounts.createKey(manager, request)).rejects.toMatchObject({ code: 'ALREADY_EXISTS', details: { id: key._id } })
    expect((await open.accounts.keys(manager, { limit: 10 })).rows).toHaveLength(1)
  })

  it('are not made when the idempotency key served another request', async () => {
    await open.accounts.createKey(manager, request)
    const other = { ...request, name: 'another' }
    await expect(open.accounts.createKey(manager, other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
  })

  it('of two users never meet over one idempotency key', async () => {
    const anna = await open.user(manager, 'anna')
    const [one, two] = [await open.accounts.createKey(manager, request), await open.accounts.createKey(anna, request)]
    expect(one.key._id).not.toBe(two.key._id)
  })

  it('of others can neither be seen nor revoked', async () => {
    const anna = await open.user(manager, 'anna')
    const { key } = await open.accounts.createKey(manager, request)
    expect((await open.accounts.keys(anna, { limit: 10 })).rows).toEqual([])
    expect(await open.accounts.endKey(anna, key._id)).toBe(false)
    expect(await open.accounts.endKey(manager, key._id)).toBe(true)
    expect(await open.accounts.endKey(manager, key._id)).toBe(false)
  })

  it('are at most fifty for each user', async () => {
    for (let index = 0; index < 50; index++) await open.accounts.createKey(manager, { name: `${index}`, days: 1 })
    await expect(open.accounts.createKey(manager, { name: 'one more', days: 1 })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})

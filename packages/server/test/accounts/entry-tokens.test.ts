import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRateLimits } from '../../src/accounts/rate-limits.ts'
import { callRpc, openTestServer, type TestServer } from '../support/test-server.ts'
import { password } from './open-accounts.ts'

/** Whoever the operator let in by a token gets in, whatever strangers at the same address do: behind a proxy that is not trusted all have one. */
let server: TestServer
beforeEach(async () => {
  server = await openTestServer({ settings: { registration: 'open' } })
  const once = { points: 3, seconds: 3600 }
  Object.assign(server.services.rateLimits, createRateLimits({ stranger: once, entry: once, address: once, account: once }))
})
afterEach(() => server[Symbol.asyncDispose]())

const call = (path: string, input: unknown) => callRpc(server.app, { path, type: 'mutation', input })
const account = { username: 'root', email: 'root@example.org', password }
const wrong = `idt_${'A'.repeat(43)}`
/** Until nothing is let in any more. */
async function flood(path: string, input: unknown): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) if ((await call(path, input)).outcome === 'RATE_LIMITED') return
  expect.fail('no limit')
}

describe('the setup token', () => {
  it.each([
    ['of wrong setup tokens', 'auth.register', { ...account, setupToken: wrong }],
    ['of registrations', 'auth.register', account],
    ['of logins', 'auth.login', { username: 'root', password: 'wrong' }],
    ['of wrong one-time tokens', 'auth.setPassword', { token: wrong, password }],
    ['of anything', 'auth.me', {}],
  ])('is not locked out by a flood %s', async (_, path, input) => {
    const setupToken = await server.services.accounts.setupToken()
    await flood(path, input)
    expect((await call('auth.register', { ...account, setupToken: wrong })).outcome).toBe('RATE_LIMITED')
    expect((await call('auth.register', { ...account, setupToken: { $ne: '' } })).outcome).toBe('RATE_LIMITED')
    expect((await call('auth.register', { ...account, setupToken })).outcome).toBe('ok')
    // It works once, and opens nothing after that.
    expect((await call('auth.register', { ...account, username: 'other', email: 'o@example.org', setupToken })).outcome).toBe(
      'RATE_LIMITED',
    )
  })

  it('is not locked out by passwords that wait to be hashed', async () => {
    const setupToken = await server.services.accounts.setupToken()
    Object.assign(
      server.services.rateLimits,
      createRateLimits({ stranger: { points: 1000, seconds: 60 }, address: { points: 1000, seconds: 60 } }),
    )
    const waiting = Array.from({ length: 150 }, (_, index) => call('auth.login', { username: `user-${index}`, password: 'wrong' }))
    const registered = await call('auth.register', { ...account, setupToken })
    expect((await Promise.all(waiting)).map(({ outcome }) => outcome)).toContain('RATE_LIMITED')
    expect(registered.outcome).toBe('ok')
  }, 30_000)
})

it('a one-time token for a password is not locked out either', async () => {
  const setupToken = await server.services.accounts.setupToken()
  const { token: login } = (await call('auth.register', { ...account, setupToken })).data as { token: string }
  const input = { username: 'invited', email: 'i@example.org' }
  const made = await callRpc(server.app, { path: 'users.create', type: 'mutation', input, token: login })
  const { token } = made.data as { token: string }
  await flood('auth.setPassword', { token: wrong, password })
  expect((await call('auth.setPassword', { token, password })).outcome).toBe('ok')
  expect((await call('auth.setPassword', { token, password })).outcome).toBe('RATE_LIMITED')
})

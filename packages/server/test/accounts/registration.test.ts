import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type OpenAccounts, openAccounts, password, visitor } from './open-accounts.ts'

const DAY = 24 * 60 * 60_000
let open: OpenAccounts
beforeEach(async () => {
  open = await openAccounts()
})
afterEach(() => open[Symbol.asyncDispose]())

const register = (username: string, { email = `${username}@example.org`, setupToken }: { email?: string; setupToken?: string } = {}) =>
  open.accounts.register({ username, email, password, setupToken }, visitor)
const setup = async (): Promise<string> => (await open.accounts.setupToken()) ?? ''
const isFulfilled = ({ status }: PromiseSettledResult<unknown>): boolean => status === 'fulfilled'

describe('the setup token', () => {
  it('makes the first manager, once', async () => {
    const setupToken = await setup()
    const { user } = await register('root', { setupToken })
    expect(user).toMatchObject({ role: 'manager', active: true })
    await expect(register('second', { setupToken })).rejects.toMatchObject({ code: 'UNAUTHENTICATED', path: 'setupToken' })
    expect(await open.accounts.setupToken()).toBeNull()
    expect(await open.tables.tokens.count('by_user', [null, 'setup'])).toBe(0)
  })

  it('makes one manager of two who come with it at the same time', async () => {
    const setupToken = await setup()
    const outcomes = await Promise.allSettled([register('root', { setupToken }), register('other', { setupToken })])
    expect(outcomes.filter(isFulfilled)).toHaveLength(1)
    expect(outcomes.find((outcome) => !isFulfilled(outcome))).toMatchObject({ reason: { code: 'UNAUTHENTICATED' } })
    expect(await open.tables.users.count('by_age')).toBe(1)
  })

  it('is replaced by that of the next start', async () => {
    const [earlier, later] = [await setup(), await setup()]
    await expect(register('root', { setupToken: earlier })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await register('root', { setupToken: later })
  })

  it('expires after a day', async () => {
    const setupToken = await setup()
    open.pass(DAY)
    await expect(register('root', { setupToken })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('stays when the registration was refused for another reason', async () => {
    const setupToken = await setup()
    const request = { username: 'root.manager', email: 'root@example.org', password: 'root.manager', setupToken }
    await expect(open.accounts.register(request, visitor)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    await register('root', { setupToken })
  })
})

describe('registration', () => {
  it('is for nobody without the setup token while there is no manager', async () => {
    await expect(register('early')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await open.tables.users.count('by_age')).toBe(0)
  })

  it('makes a user who is logged in, with the quota of the settings', async () => {
    await open.firstManager()
    const { user, token } = await register('anna')
    expect(user).toMatchObject({ role: 'user', quota: { bytes: 20 * 2 ** 30, documents: 20_000 } })
    expect(await open.caller(token)).toMatchObject({ userId: user._id })
  })

  it('is refused where it is closed', async () => {
    await using closed = await openAccounts({ registration: 'closed' })
    await closed.firstManager()
    const request = { username: 'anna', email: 'anna@example.org', password }
    await expect(closed.accounts.register(request, visitor)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('gives a user name to one of two who want it at the same time', async () => {
    await open.firstManager()
    const outcomes = await Promise.allSettled([register('anna', { email: 'a@example.org' }), register('anna', { email: 'b@example.org' })])
    expect(outcomes.filter(isFulfilled)).toHaveLength(1)
    expect(outcomes.find((outcome) => !isFulfilled(outcome))).toMatchObject({ reason: { code: 'ALREADY_EXISTS', path: 'username' } })
  })

  it('gives an e-mail address to one of two who want it at the same time', async () => {
    await open.firstManager()
    const outcomes = await Promise.allSettled(['anna', 'bert'].map((name) => register(name, { email: 'same@example.org' })))
    expect(outcomes.filter(isFulfilled)).toHaveLength(1)
    expect(outcomes.find((outcome) => !isFulfilled(outcome))).toMatchObject({ reason: { code: 'ALREADY_EXISTS', path: 'email' } })
    expect(await open.tables.users.count('by_email', ['same@example.org'])).toBe(1)
  })

  it('is limited by address, before any work is done', async () => {
    await using limited = await openAccounts({ limits: { entry: { points: 2, seconds: 60 } } })
    const attempt = () => limited.accounts.register({ username: 'anna', email: 'anna@example.org', password, setupToken: 'guess' }, visitor)
    await expect(attempt()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(attempt()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(attempt()).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 60 } })
  })

  it('is recorded, and so is a guessed setup token, without what was typed', async () => {
    await expect(register('mallory', { setupToken: 'guessed' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    const { userId } = await open.firstManager()
    const entries = await open.audited()
    expect(entries).toMatchObject([
      { action: 'auth.register', user_id: null, details: { failed: true } },
      { action: 'auth.register', user_id: userId, subject: { type: 'user', id: userId } },
    ])
    expect(JSON.stringify(entries)).not.toMatch(/mallory|guessed|root/)
  })
})

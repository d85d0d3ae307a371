import { describe, expect, it } from 'vitest'
import { assertPassword, createPasswords } from '../../src/accounts/password.ts'
import { createQueues } from '../../src/queues/queues.ts'

const passwords = createPasswords(createQueues({ interactiveSeconds: 15 }).passwords)
const anna = { username: 'anna.lovelace', email: 'a.lovelace@example.org' }

describe('passwords', () => {
  it('are hashed with argon2id, 19 MiB, two passes, one lane', async () => {
    expect(await passwords.hash('correct horse battery', 'anna')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  it('fit their own hash and no other', async () => {
    const hash = await passwords.hash('correct horse battery', 'anna')
    expect(await passwords.verify(hash, 'correct horse battery', 'anna')).toBe(true)
    expect(await passwords.verify(hash, 'correct horse batterY', 'anna')).toBe(false)
  })

  it('are the same whichever way a keyboard composes their letters', async () => {
    const hash = await passwords.hash('ação e coração', 'anna')
    expect(await passwords.verify(hash, 'ação e coração'.normalize('NFD'), 'anna')).toBe(true)
  })

  it('never fit an empty hash', async () => {
    expect(await passwords.verify('', '', 'anna')).toBe(false)
    expect(await passwords.verify('', 'correct horse battery', 'anna')).toBe(false)
  })
})

describe('a new password', () => {
  it.each([
    ['nine characters', 'a'.repeat(9)],
    ['201 characters', 'a'.repeat(201)],
    ['the user name', 'Anna.Lovelace'],
    ['the e-mail address', 'A.Lovelace@example.org'],
    ['the name in the e-mail address', 'a.lovelace'],
  ])('is refused when it is or has %s', (_, word) => {
    expect(() => assertPassword(word, anna)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST', path: 'password' }))
  })

  it('is taken with 10 and with 200 characters', () => {
    expect(() => assertPassword('a'.repeat(10), anna)).not.toThrow()
    expect(() => assertPassword('a'.repeat(200), anna)).not.toThrow()
  })
})

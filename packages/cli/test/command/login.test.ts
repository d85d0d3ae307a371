import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keptToken, password, serve, servedWithManager } from '../support/server.ts'
import { workspace } from '../support/workspace.ts'

describe('imagedoc login and logout', () => {
  it('keep a token that only the user can read, and end it at the server', async () => {
    const space = workspace()
    const served = await servedWithManager(space)
    const token = keptToken(space, served)
    expect(statSync(join(space.folder, 'config/imagedoc/servers.json')).mode & 0o777).toBe(0o600)
    const list = () => fetch(`${served.url}/trpc/auth.me`, { headers: { Authorization: `Bearer ${token}` } })
    expect((await list()).status).toBe(200)
    expect(await space.run('logout', '--server', served.url)).toMatchObject({ code: 0, stdout: `Logged out of ${served.url}.\n` })
    expect((await list()).status).toBe(401)
    expect(space.read('config/imagedoc/servers.json')).not.toContain('ids_')
    expect(await space.run('logout', '--server', served.url)).toMatchObject({
      code: 0,
      stdout: `You are not logged in to ${served.url}.\n`,
    })
  })

  it('take no password from an argument, and say when there is none on standard input', async () => {
    const space = workspace()
    expect(await space.run('login', '--server', 'http://127.0.0.1:1', '--password', password)).toMatchObject({ code: 2 })
    expect(await space.run('login', '--server', 'http://127.0.0.1:1', '-u', 'ana')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('"Password" would be asked for, but standard input'),
    })
    expect(await space.run('login', '--server', 'http://127.0.0.1:1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('login needs --username NAME'),
    })
    expect(await space.run('login', '--server', 'http://ana:secret@127.0.0.1')).toMatchObject({
      code: 2,
      stderr: expect.not.stringContaining('secret'),
    })
  })

  it('fail with exit code 10 for a wrong password and leave the login that was there', async () => {
    const space = workspace()
    const served = await servedWithManager(space)
    const before = keptToken(space, served)
    const wrong = space.start(['login', '--server', served.url, '-u', 'ana'], { input: 'wrong password\n' })
    expect(await wrong.ended).toMatchObject({ code: 10, stderr: expect.stringContaining('LOGIN_FAILED') })
    expect(keptToken(space, served)).toBe(before)
  })

  it('register where that is open, and choose a password with a token of a manager', async () => {
    const space = workspace()
    const served = await serve(space, { env: { IMAGEDOC_REGISTRATION: 'open' } })
    const login = (args: string[], input: string) => space.start(['login', '--server', served.url, ...args], { input }).ended
    const setup = await login(['--setup-token', '-u', 'ana', '--email', 'ana@example.org'], `${served.setupToken}\n${password}\n`)
    expect(setup.code).toBe(0)
    const headers = { Authorization: `Bearer ${keptToken(space, served)}`, 'Content-Type': 'application/json' }
    const body = JSON.stringify({ username: 'rui', email: 'rui@example.org' })
    const made = await fetch(`${served.url}/trpc/users.create`, { method: 'POST', headers, body })
    const { result } = (await made.json()) as { result: { data: { token: string } } }
    expect(await login(['--choose-password'], `${result.data.token}\n${password}\n`)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('as rui'),
    })
    const registered = await login(['--register', '-u', 'eva', '--email', 'eva@example.org', '--json'], `${password}\n`)
    expect(JSON.parse(registered.stdout)).toMatchObject({ server: served.url, username: 'eva' })
    expect(await login(['--register', '--choose-password'], '')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('do not go together'),
    })
  })

  it('say which file is damaged instead of writing over it', async () => {
    const space = workspace()
    space.write('config/imagedoc/servers.json', '{ "servers": ')
    const { code, stderr } = await space.run('logout', '--server', 'http://127.0.0.1:1')
    expect([code, stderr]).toEqual([9, expect.stringContaining('servers.json are no JSON. Remove the file and log in again.')])
    expect(space.read('config/imagedoc/servers.json')).toBe('{ "servers": ')
  })

  it('say that nothing answers at an address', async () => {
    const space = workspace()
    const { code, stderr } = await space.start(['login', '--server', 'http://127.0.0.1:1', '-u', 'ana'], { input: `${password}\n` }).ended
    expect(stderr).toContain('http://127.0.0.1:1 did not answer')
    expect(code).toBe(8)
  })
})

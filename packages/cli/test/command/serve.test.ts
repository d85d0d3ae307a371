import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keptToken, password, serve, servedWithManager } from '../support/server.ts'
import { workspace } from '../support/workspace.ts'

describe('imagedoc serve', () => {
  it('says where it serves and how the first manager is made, answers, and ends with 0 when it is told to stop', async () => {
    const space = workspace()
    const { url, setupToken, child, ended } = await serve(space)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(setupToken).toMatch(/^idt_/)
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ ok: true })
    expect(statSync(join(space.folder, 'data')).mode & 0o777).toBe(0o700)
    child.kill('SIGTERM')
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect(stdout).toContain(`imagedoc login --server ${url} --setup-token`)
  })

  it('prints the setup token only while there is no user', async () => {
    const space = workspace()
    const first = await servedWithManager(space)
    first.child.kill('SIGINT')
    expect((await first.ended).code).toBe(0)
    const second = await serve(space)
    expect(second.setupToken).toBeUndefined()
    const login = space.start(['login', '--server', second.url, '-u', 'ana'], { input: `${password}\n` })
    expect(await login.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Logged in to \S+ as ana, until \d{4}-\d\d-\d\d\.\n$/),
    })
  })

  it('refuses a folder that another server uses, and values that make no sense, with what they should be', async () => {
    const space = workspace()
    await serve(space)
    const second = await space.run('serve', '--port', '0', '--data', 'data')
    expect(second).toMatchObject({ code: 9, stderr: expect.stringContaining('INVALID_CONFIG') })
    expect(await space.run('serve', '--port', '99999')).toMatchObject({
      code: 2,
      stderr: '--port "99999" is wrong; it expects a whole number from 0 to 65535.\nSee imagedoc serve --help.\n',
    })
    const wrong = await space.start(['serve', '--data', 'other'], { env: { IMAGEDOC_REGISTRATION: 'maybe' } }).ended
    expect(wrong).toMatchObject({
      code: 9,
      stderr: expect.stringContaining('IMAGEDOC_REGISTRATION is wrong; it expects "open" or "closed"'),
    })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends by %s although a step computes for ever, and leaves no process behind',
    async (signal) => {
      const space = workspace({ faults: true })
      const { url, child, ended } = await servedWithManager(space)
      space.pipeline('spin.json', { steps: [{ use: 'document.pages' }, { use: 'test.spin', with: { width: 21 } }] })
      space.tiff('a.tif', 21)
      const sent = await space.run('upload', 'a.tif', '--server', url, '-c', 'Letters', '--create', '--json')
      const [{ document }] = (sent.json().at(-1) as { inputs: [{ document: string }] }).inputs
      const run = space.start(['run', 'spin.json', document, '--server', url, '--json'])
      await run.says(`"type":"step-started","input":"${document}"`)
      await expect.poll(() => childrenOf(child.pid)).not.toEqual([])
      const working = childrenOf(child.pid)
      child.kill(signal)
      expect((await ended).code).toBe(0)
      expect(working.filter((pid) => isAlive(pid))).toEqual([])
      run.child.kill('SIGKILL')
    },
    60_000,
  )

  it('serves the plugins of the configuration that it finds', async () => {
    const space = workspace({ faults: true })
    const served = await servedWithManager(space)
    const headers = { Authorization: `Bearer ${keptToken(space, served)}` }
    const answer = await fetch(`${served.url}/trpc/operations.list`, { headers })
    expect(await answer.text()).toContain('"test.wait"')
  })
})

/** Ids of a process's children. */
function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

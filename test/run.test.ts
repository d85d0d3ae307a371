import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'

/** A repository with run.mjs, dependencies that count as installed, and a command of these lines. */
function repository(command: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'imagedoc-run-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(import.meta.dirname, '../run.mjs'), join(folder, 'run.mjs'))
  const files = {
    'pnpm-lock.yaml': 'lockfileVersion: 9\n',
    'node_modules/.pnpm/lock.yaml': 'lockfileVersion: 9\n',
    'package.json': '{ "type": "module", "scripts": { "imagedoc": "node run.mjs imagedoc" } }',
    'packages/cli/src/bin.ts': command,
    'elsewhere/.keep': '',
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

/** As a shell outside of npm would start it: npm's own variables are not inherited. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'INIT_CWD' && !name.startsWith('npm_')))
const run = (folder: string, args: string[], cwd = folder) =>
  spawnSync(process.execPath, [join(folder, 'run.mjs'), ...args], { cwd, env, encoding: 'utf8' })
const exit = (child: ChildProcess) => new Promise<number | null>((resolve) => child.on('exit', resolve))

describe('run.mjs', () => {
  it('runs the command from its TypeScript source, where the user stands, with the arguments as they were given', () => {
    const folder = repository('const what: string[] = process.argv.slice(2)\nconsole.log(JSON.stringify([process.cwd(), ...what]))')
    const { stdout, status } = run(folder, ['imagedoc', 'run', 'a b.json', '--set', `x='"$HOME"'`], join(folder, 'elsewhere'))
    expect(JSON.parse(stdout)).toEqual([join(folder, 'elsewhere'), 'run', 'a b.json', '--set', `x='"$HOME"'`])
    expect(status).toBe(0)
  })

  it('says nothing of its own on stdout, through npm too, and keeps the place where npm was started', () => {
    const folder = repository('process.stdout.write(process.cwd())')
    const npm = spawnSync('npm', ['run', '-s', 'imagedoc', '--', 'x'], { cwd: join(folder, 'elsewhere'), env, encoding: 'utf8' })
    expect(npm.stdout).toBe(join(folder, 'elsewhere'))
  })

  it('resolves packages by the condition for sources, in threads of the command too', () => {
    const thread = `new Worker('console.log(process.execArgv.join())', { eval: true })`
    const folder = repository(`import { Worker } from 'node:worker_threads'\nconsole.log(process.execArgv.join())\n${thread}`)
    expect(run(folder, ['imagedoc']).stdout.trim().split('\n')).toEqual(['--conditions=@imagedoc/source', '--conditions=@imagedoc/source'])
  })

  it('starts the server in the repository, wherever the user stands, with the arguments as they were given', () => {
    const folder = repository('console.log(JSON.stringify([process.cwd(), ...process.argv.slice(2)]))')
    const { stdout } = run(folder, ['start', '--port', '9000'], join(folder, 'elsewhere'))
    expect(JSON.parse(stdout)).toEqual([folder, 'serve', '--port', '9000'])
  })

  it('passes the exit code on', () => {
    expect(run(repository('process.exit(4)'), ['imagedoc']).status).toBe(4)
  })

  it('ends what npm started when npm is ended, whose shell passes no signal on', async () => {
    const command = "process.on('SIGTERM', () => process.exit(0))\nsetInterval(() => {}, 1000)\nconsole.log('ready')"
    const child = spawn('npm', ['run', '-s', 'imagedoc'], { cwd: repository(command), env, stdio: ['ignore', 'pipe', 'ignore'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill('SIGTERM')
    // Closed by the last process that has it open.
    await new Promise((resolve) => child.stdout.once('close', resolve))
  })

  it('passes an interrupt on and waits for what the command makes of it', async () => {
    const folder = repository("process.on('SIGINT', () => process.exit(130))\nsetInterval(() => {}, 1000)\nconsole.log('ready')")
    const child = spawn(process.execPath, [join(folder, 'run.mjs'), 'imagedoc'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill('SIGINT')
    expect(await exit(child)).toBe(130)
  })

  it('ends as a shell reports it when a signal ends the command', async () => {
    const folder = repository("setInterval(() => {}, 1000)\nconsole.log('ready')")
    const child = spawn(process.execPath, [join(folder, 'run.mjs'), 'imagedoc'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill('SIGTERM')
    expect(await exit(child)).toBe(143)
  })

  it('names the tasks when it does not know one, and the file that a task lacks', () => {
    const folder = repository('')
    expect(run(folder, ['nonsense'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('demo | test | check | imagedoc'),
    })
    expect(run(folder, ['demo'])).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('scripts/demo.ts') })
  })

  it('installs when the lockfile is not the installed one, with every word of it on stderr', () => {
    const folder = repository('console.log(1)')
    writeFileSync(join(folder, 'pnpm-lock.yaml'), 'lockfileVersion: 9 # newer\n')
    const tools = join(folder, 'tools')
    mkdirSync(tools)
    writeFileSync(join(tools, 'pnpm'), '#!/bin/sh\nif [ "$1" = --version ]; then echo 12.0.0; else echo "pnpm $*"; fi\n', { mode: 0o755 })
    const path = `${tools}:${process.env.PATH}`
    const { stdout, stderr } = spawnSync(process.execPath, ['run.mjs', 'imagedoc'], {
      cwd: folder,
      env: { ...env, PATH: path },
      encoding: 'utf8',
    })
    expect(stdout).toBe('1\n')
    expect(stderr).toContain('pnpm install --frozen-lockfile')
  })
})

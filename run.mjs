// Starts a task of this repository from a fresh clone with nothing but npm: finds Node 24 and pnpm 12, installs, runs.
// No dependencies, and only syntax that an old Node understands: it is what runs before anything is there.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(fileURLToPath(import.meta.url))
const windows = process.platform === 'win32'
const toolchainFile = join(root, 'node_modules', '.imagedoc-toolchain.json')
const [task, ...args] = process.argv.slice(2)

// npm moves to the repository and npx overwrites INIT_CWD: keep the place where the user stands before either is started.
const userFolder = process.env.INIT_CWD || process.cwd()

/** What Node runs for each task. The command's paths count from where the user stands, so it runs there. */
const tasks = {
  start: { script: 'packages/cli/src/bin.ts', args: ['serve'], folder: root },
  demo: { script: 'scripts/demo.ts', folder: root },
  test: {
    script: 'node_modules/vitest/vitest.mjs',
    args: ['run', '--reporter=default', '--reporter=./scripts/count-reporter.ts'],
    folder: root,
  },
  check: { script: 'scripts/check.ts', folder: root, needsPnpm: true },
  imagedoc: { script: 'packages/cli/src/bin.ts', folder: userFolder },
}

if (task === '--where') console.log(JSON.stringify({ node: process.execPath, bin: folderOf('pnpm') }))
else if (Object.hasOwn(tasks, task ?? '')) process.exitCode = await run(tasks[task])
else {
  console.error(`usage: node run.mjs ${Object.keys(tasks).join(' | ')} [arguments]`)
  process.exitCode = 2
}

async function run({ script, args: first = [], folder, needsPnpm }) {
  const installed = isInstalled()
  const tools = findTools(!installed || needsPnpm)
  const path = [dirname(tools.node), tools.bin, process.env.PATH].filter(Boolean).join(delimiter)
  const env = { ...process.env, IMAGEDOC_CWD: userFolder, PATH: path }
  if (!installed) {
    const status = install(env)
    if (status !== 0) return status
  }
  if (tools.fetched) writeFileSync(toolchainFile, JSON.stringify({ node: tools.node, bin: tools.bin }))
  if (!existsSync(join(root, script))) {
    console.error(`"${task}" is not there yet: ${script} is missing.`)
    return 1
  }
  return start(tools.node, ['--conditions=@imagedoc/source', join(root, script), ...first, ...args], { cwd: folder, env })
}

/** True when what pnpm installed is what the lockfile asks for: pnpm keeps a copy of the one it installed. */
function isInstalled() {
  const copy = join(root, 'node_modules', '.pnpm', 'lock.yaml')
  return existsSync(copy) && readFileSync(copy).equals(readFileSync(join(root, 'pnpm-lock.yaml')))
}

function install(env) {
  console.error('Installing dependencies (once) ...')
  // Everything but the task itself speaks on stderr: the task's stdout may be read by a program.
  const { status, error } = spawnSync('pnpm', ['install', '--frozen-lockfile'], { cwd: root, env, stdio: ['ignore', 2, 2], shell: windows })
  if (status !== 0) console.error(`pnpm install failed${error ? `: ${error.message}` : ''}.`)
  return status ?? 1
}

/** The Node and pnpm to use: the user's own where they will do, else those that an earlier run found, else those that npx brings. */
function findTools(needsPnpm) {
  const nodeWillDo = major(process.versions.node) >= 24
  if (nodeWillDo && (!needsPnpm || major(versionOfPnpm()) >= 12)) return { node: process.execPath, bin: folderOf('pnpm') }
  if (existsSync(toolchainFile)) {
    const found = JSON.parse(readFileSync(toolchainFile, 'utf8'))
    if (existsSync(found.node) && found.bin && existsSync(found.bin)) return found
  }
  return bringTools()
}

function bringTools() {
  console.error('Fetching Node 24 and pnpm 12 through npx (once) ...')
  const npx = ['-y', '--prefer-offline', '-p', 'node@24.x', '-p', 'pnpm@12.x', '-c', 'node run.mjs --where']
  // No shell on POSIX: the command has to arrive as one argument.
  const quoted = windows ? npx.map((part) => (part.includes(' ') ? `"${part}"` : part)) : npx
  const env = { ...process.env, npm_config_loglevel: 'error' }
  const { status, stdout, error } = spawnSync('npx', quoted, {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 2],
    shell: windows,
    encoding: 'utf8',
  })
  const line = (stdout ?? '').trim().split('\n').pop() ?? ''
  if (status !== 0 || !line.startsWith('{')) {
    console.error(
      `npx could not bring Node 24 and pnpm 12${error ? `: ${error.message}` : ''}. Install Node 24 or newer and pnpm 12 yourself, then try again.`,
    )
    process.exit(1)
  }
  return { ...JSON.parse(line), fetched: true }
}

function versionOfPnpm() {
  const { status, stdout } = spawnSync('pnpm', ['--version'], {
    cwd: root,
    shell: windows,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return status === 0 ? stdout : '0'
}

function major(version) {
  return Number.parseInt(version, 10) || 0
}

/** The folder on the PATH that has this program, or null. */
function folderOf(program) {
  const names = windows ? [`${program}.cmd`, `${program}.exe`] : [program]
  return (process.env.PATH ?? '').split(delimiter).find((folder) => names.some((name) => existsSync(join(folder, name)))) ?? null
}

/** Runs to the end; gives the exit code, 128 + n when a signal ended it. */
function start(program, argv, options) {
  const child = spawn(program, argv, { ...options, stdio: 'inherit' })
  // On a terminal Ctrl-C reaches the child by itself, and a second one would mean "at once": pass on only what was sent to us alone.
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !terminal) child.kill(signal)
    })
  endWithNpm(child)
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

/** A signal to npm ends the shell between npm and us, and the shell tells nobody: whoever stops `npm start` would leave a server running. */
function endWithNpm(child) {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    child.kill('SIGTERM')
  }, 500)
  timer.unref()
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Followed, isRoot } from './follow.ts'

const READY_MS = 30_000
const STOP_MS = 15_000
const BETWEEN_MS = 200

/** Starts CMD as USER, waits until HEALTHCHECK passes, and stops it as an engine does. @throws Error with what the server wrote */
export async function tryOut(followed: Followed, say: (text: string) => void = () => undefined): Promise<void> {
  // Of the port that the Dockerfile sets another program may be in possession here.
  const env = { ...followed.env, PORT: String(await freePort()) }
  const server = start(followed, followed.cmd, env)
  let written = ''
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (part) => (written += part))
  const ended = once(server, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const started = performance.now()
  try {
    while (!(await passes(followed, env))) {
      if (server.exitCode !== null) throw new Error(`CMD ended with ${server.exitCode}.`)
      if (performance.now() - started > READY_MS) throw new Error(`HEALTHCHECK does not pass within ${READY_MS / 1000} s.`)
      await wait(BETWEEN_MS)
    }
    say(`${seconds(started)} s  HEALTHCHECK passes${isRoot ? `, as user ${followed.user.uid}` : ''}`)
    const stopping = performance.now()
    server.kill('SIGTERM')
    const end = await Promise.race([ended, wait(STOP_MS, 'late' as const, { ref: false })])
    if (end === 'late') throw new Error(`SIGTERM does not end it within ${STOP_MS / 1000} s.`)
    if (end[0] !== 0) throw new Error(`SIGTERM ends it with ${end[0] ?? end[1]} instead of 0.`)
    say(`${seconds(stopping)} s  SIGTERM ends it with 0`)
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${written}`, { cause: error })
  } finally {
    server.kill('SIGKILL')
  }
}

async function passes(followed: Followed, env: Record<string, string>): Promise<boolean> {
  const [code] = await once(start(followed, followed.healthcheck, env), 'exit')
  return code === 0
}

function start({ root, workdir, user }: Followed, [program = '', ...args]: readonly string[], env: Record<string, string>): ChildProcess {
  // Named in full: a user who may not look into the folder would else get this machine's own.
  const own = join(root, 'usr', 'local', 'bin', program)
  return spawn(existsSync(own) ? own : program, args, { cwd: workdir, env, stdio: ['ignore', 'pipe', 'pipe'], ...(isRoot ? user : {}) })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address ? address.port : 0
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1).padStart(5)
}

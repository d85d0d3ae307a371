import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'

export interface TestRedis {
  url: string
  process: ChildProcess
  stop(): Promise<void>
}

/** Another program with the same options, such as Valkey's. */
const program = process.env['IMAGEDOC_TEST_REDIS_SERVER'] ?? 'redis-server'

/** Why no Redis of our own can be started here; `undefined` when it can. */
export const noServer = findServer()

/** Starts a Redis on a free port of the loopback that keeps nothing on the disk. */
export async function startRedis(options: { port?: number; args?: string[] } = {}): Promise<TestRedis> {
  const port = options.port ?? (await freePort())
  const dir = await mkdtemp(join(tmpdir(), 'imagedoc-redis-'))
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir, ...(options.args ?? [])]
  const child = spawn(program, args, { stdio: 'ignore' })
  const url = `redis://127.0.0.1:${port}`
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await rm(dir, { recursive: true, force: true })
  }
  try {
    await answers(url)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, process: child, stop }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function answers(url: string): Promise<void> {
  const client = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null })
  client.on('error', () => {})
  const late = sleep(10_000, undefined, { ref: false }).then(() => Promise.reject(new Error('redis-server did not start within 10 s')))
  try {
    await Promise.race([client.ping(), late])
  } finally {
    client.disconnect()
  }
}

function findServer(): string | undefined {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return `no ${program} on the PATH; install Redis (Debian: apt-get install redis-server)`
  }
}

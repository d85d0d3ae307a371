import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'

const bin = fileURLToPath(new URL('../../../packages/cli/dist/bin.js', import.meta.url))
/** Number of the database in Redis that these scripts have for themselves. */
const DATABASE = 12

/** A process of the built command. */
export interface Process {
  readonly url: string
  readonly setupToken: string
  readonly pid: number
  stop(): Promise<void>
}

/** Processes on real servers, of which a database and a part of the bucket are theirs alone. Disposing kills what still runs. */
export interface Fleet extends AsyncDisposable {
  readonly variables: Readonly<Record<string, string>>
  serve(more?: Readonly<Record<string, string>>): Promise<Process>
  work(...args: string[]): Promise<Process>
}

/** @param kept where blobs are @throws when `pnpm build` was not run, or no servers are there */
export async function openFleet({ kept = 's3' }: { kept?: 's3' | 'files' } = {}): Promise<Fleet> {
  if (!existsSync(bin)) throw new Error('packages/cli/dist/bin.js is missing: run `pnpm build` first')
  const { redis, mongodb, bucket } = testServers()
  const name = `bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-fleet-'))
  const variables = {
    IMAGEDOC_DATA: folder,
    IMAGEDOC_LOG: 'error',
    IMAGEDOC_REGISTRATION: 'open',
    IMAGEDOC_MONGODB_URL: `${mongodb}/${name}`,
    IMAGEDOC_REDIS_URL: redis,
    ...(kept === 's3' ? { ...bucket, IMAGEDOC_S3_PREFIX: `${name}/` } : {}),
    PORT: '0',
  }
  await erase(redis)
  const running = new Set<ChildProcess>()
  // Also when a script breaks off: a worker that is left would take the jobs of the next one.
  process.once('exit', () => {
    for (const child of running) child.kill('SIGKILL')
  })
  const start = async (
    args: readonly string[],
    { says, more = {} }: { says: string; more?: Readonly<Record<string, string>> },
  ): Promise<Process> => {
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables, ...more }
    const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env, cwd: folder })
    running.add(child)
    const said = await untilSaid(child, says)
    return {
      url: /serves at (\S+),/.exec(said)?.[1] ?? '',
      setupToken: /^ +(idt_\S+)$/m.exec(said)?.[1] ?? '',
      pid: child.pid ?? 0,
      async stop() {
        running.delete(child)
        if (child.exitCode !== null) return
        child.kill('SIGTERM')
        await once(child, 'exit')
      },
    }
  }
  return {
    variables,
    serve: (more) => start(['serve'], { says: 'To upload:', ...(more ? { more } : {}) }),
    work: (...args) => start(['worker', ...args], { says: 'ImageDoc works' }),
    async [Symbol.asyncDispose]() {
      const ended = [...running].map((child) => (child.exitCode === null ? once(child, 'exit') : undefined))
      for (const child of running) child.kill('SIGKILL')
      await Promise.all(ended)
      await erase(redis)
      await using client = new MongoClient(mongodb)
      await client.db(name).dropDatabase()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Those that `.ci/servers/up` starts. @throws when they are not there */
export function testServers(): { redis: string; mongodb: string; bucket: Record<string, string> } {
  const { IMAGEDOC_TEST_REDIS_URL, IMAGEDOC_TEST_MONGODB_URL, IMAGEDOC_TEST_S3_URL, ...rest } = process.env
  if (!IMAGEDOC_TEST_REDIS_URL || !IMAGEDOC_TEST_MONGODB_URL || !IMAGEDOC_TEST_S3_URL)
    throw new Error('there are no servers: set -a; source <(.ci/servers/up); set +a')
  const redis = new URL(IMAGEDOC_TEST_REDIS_URL)
  redis.pathname = `/${DATABASE}`
  return {
    redis: redis.href,
    mongodb: IMAGEDOC_TEST_MONGODB_URL.replace(/\/*$/, ''),
    bucket: {
      IMAGEDOC_S3_ENDPOINT: IMAGEDOC_TEST_S3_URL,
      IMAGEDOC_S3_BUCKET: rest['IMAGEDOC_TEST_S3_BUCKET'] ?? '',
      IMAGEDOC_S3_ACCESS_KEY: rest['IMAGEDOC_TEST_S3_ACCESS_KEY'] ?? '',
      IMAGEDOC_S3_SECRET_KEY: rest['IMAGEDOC_TEST_S3_SECRET_KEY'] ?? '',
    },
  }
}

async function erase(url: string): Promise<void> {
  const redis = new Redis(url)
  await redis.flushdb()
  redis.disconnect()
}

/** It is read on afterwards, or the process would stand still when the pipe is full. */
function untilSaid(child: ChildProcess, text: string): Promise<string> {
  let said = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      said += String(chunk)
      if (said.includes(text)) resolve(said)
    })
    child.once('exit', () => reject(new Error(`the process ended before it said "${text}": ${said}`)))
  })
}

import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'

const bin = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'src', 'bin.ts')
const STARTING_MS = 60_000

/** A process of an installation, by the real command. */
export interface Running {
  readonly child: ChildProcess
  /** Where it serves; of a worker empty. */
  readonly url: string
  readonly setupToken: string
  /** Resolves with the exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>
  /** All that it has written to standard error. */
  said(): string
}

/** Processes that share what the variables name. Disposing kills what still runs, and removes what they made. */
export interface Installation extends AsyncDisposable {
  serve(...args: string[]): Promise<Running>
  work(...args: string[]): Promise<Running>
  /** A command that ends by itself; gives its standard output. */
  command(...args: string[]): Promise<string>
}

/** @param variables where things are; a folder of its own when nothing else is said */
export async function openInstallation(variables: Readonly<Record<string, string>> = {}): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-installation-'))
  const config = `import { plugins } from '${new URL('plugins.ts', import.meta.url).href}'\nexport default { plugins }\n`
  await writeFile(join(folder, 'imagedoc.config.ts'), config)
  const env = {
    ...cleanEnvironment(),
    IMAGEDOC_DATA: join(folder, 'data'),
    IMAGEDOC_CACHE_DIR: join(folder, 'cache'),
    PORT: '0',
    ...variables,
  }
  const running = new Set<ChildProcess>()
  const start = (args: readonly string[]): Omit<Running, 'url' | 'setupToken'> & { out(): string } => {
    const child = spawn(process.execPath, ['--conditions=@imagedoc/source', bin, ...args], { cwd: folder, env })
    const text = { out: '', error: '' }
    child.stdout.on('data', (chunk) => (text.out += chunk))
    child.stderr.on('data', (chunk) => (text.error += chunk))
    running.add(child)
    const ended = once(child, 'close').then(([code]) => {
      running.delete(child)
      return code as number | null
    })
    return { child, ended, out: () => text.out, said: () => text.error }
  }
  const ready = async (args: readonly string[], text: string): Promise<Running> => {
    const started = start(args)
    const deadline = AbortSignal.timeout(STARTING_MS)
    const gone = started.ended.then(() => 'gone' as const)
    while (!started.out().includes(text)) {
      const heard = once(started.child.stdout as NodeJS.ReadableStream, 'data', { signal: deadline }).then(() => 'heard' as const)
      heard.catch(() => undefined)
      if ((await Promise.race([heard, gone])) === 'gone') throw new Error(`imagedoc ${args.join(' ')} ended: ${started.said()}`)
    }
    const url = /serves at (\S+),/.exec(started.out())?.[1] ?? ''
    return { ...started, url, setupToken: /^ +(idt_\S+)$/m.exec(started.out())?.[1] ?? '' }
  }
  return {
    serve: (...args) => ready(['serve', ...args], 'To upload:'),
    work: (...args) => ready(['worker', ...args], 'ImageDoc works'),
    async command(...args) {
      const started = start(args)
      if ((await started.ended) !== 0) throw new Error(`imagedoc ${args.join(' ')} failed: ${started.said()}${started.out()}`)
      return started.out()
    },
    async [Symbol.asyncDispose]() {
      const closed = [...running].map((child) => once(child, 'close'))
      for (const child of running) child.kill('SIGKILL')
      await Promise.all(closed)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What a test's own environment must not decide. */
function cleanEnvironment(): Record<string, string | undefined> {
  const { DEEPL_AUTH_KEY: _, HOST: __, ...env } = process.env
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('IMAGEDOC_')))
}

const given = process.env
const needed = ['IMAGEDOC_TEST_MONGODB_URL', 'IMAGEDOC_TEST_REDIS_URL', 'IMAGEDOC_TEST_S3_URL'] as const

/** The variables of the servers to test with that are missing. */
export const missingServers: readonly string[] = needed.filter((name) => !given[name])

/** Real servers, of which a database, a number of Redis and a part of the bucket are this installation's alone. */
export interface Servers extends AsyncDisposable {
  readonly variables: Readonly<Record<string, string>>
  /** Erases all that the installation has in Redis. */
  eraseRedis(): Promise<void>
}

/** Number of the database that no other test uses. */
const REDIS_DATABASE = 11

export async function shareServers(): Promise<Servers> {
  const name = `e2e_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  const redis = new URL(given['IMAGEDOC_TEST_REDIS_URL'] ?? '')
  redis.pathname = `/${REDIS_DATABASE}`
  const mongodb = (given['IMAGEDOC_TEST_MONGODB_URL'] ?? '').replace(/\/*$/, '')
  const eraseRedis = (): Promise<void> => tellRedis(redis, ['SELECT', `${REDIS_DATABASE}`], ['FLUSHDB'])
  await eraseRedis()
  return {
    variables: {
      IMAGEDOC_MONGODB_URL: `${mongodb}/${name}`,
      IMAGEDOC_REDIS_URL: redis.href,
      IMAGEDOC_S3_ENDPOINT: given['IMAGEDOC_TEST_S3_URL'] ?? '',
      IMAGEDOC_S3_BUCKET: given['IMAGEDOC_TEST_S3_BUCKET'] ?? '',
      IMAGEDOC_S3_ACCESS_KEY: given['IMAGEDOC_TEST_S3_ACCESS_KEY'] ?? '',
      IMAGEDOC_S3_SECRET_KEY: given['IMAGEDOC_TEST_S3_SECRET_KEY'] ?? '',
      IMAGEDOC_S3_PREFIX: `${name}/`,
      IMAGEDOC_WORKER_CONCURRENCY: '2',
    },
    eraseRedis,
    async [Symbol.asyncDispose]() {
      await eraseRedis()
      await using client = new MongoClient(mongodb)
      await client.db(name).dropDatabase()
    },
  }
}

/** Commands in a line each, which is all that this needs of Redis. */
async function tellRedis({ hostname, port }: URL, ...commands: readonly string[][]): Promise<void> {
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.end(`${commands.map((words) => words.join(' ')).join('\r\n')}\r\nQUIT\r\n`)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  if (answer.includes('-')) throw new Error(`Redis: ${answer}`)
}

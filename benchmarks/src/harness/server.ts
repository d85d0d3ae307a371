import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./server-process.ts', import.meta.url))
const built = fileURLToPath(new URL('../../../packages/server/dist/index.js', import.meta.url))

/** A server in a process of its own; disposing kills it. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string
  readonly setupToken: string
  readonly readyMs: number
  readonly pid: number
}

/** What is measured is what users install. @throws when `pnpm build` was not run */
export function assertBuilt(): void {
  if (!existsSync(built)) throw new Error('packages/server/dist/index.js is missing: run `pnpm build` first')
}

/** `bare`: one route of Hono; `bare-redis`: one that gives a key's bytes; `whole`: the server with its data in this folder; `s3`: its blobs and uploads in a bucket. */
export async function startServer(
  kind: 'bare' | 'bare-redis' | 'whole' | 's3',
  folder: string,
  settings: object = {},
): Promise<RunningServer> {
  const started = performance.now()
  // Without the condition of the sources: what is measured is what users install.
  const child = spawn(process.execPath, [script, kind, folder, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  process.once('exit', () => void child.kill('SIGKILL'))
  const line = await firstLine(child)
  const { url, setupToken = '' } = JSON.parse(line) as { url: string; setupToken?: string }
  const readyMs = performance.now() - started
  return {
    url,
    setupToken,
    readyMs,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of stdout ?? []) {
    text += String(chunk)
    if (text.includes('\n')) return text.split('\n')[0] ?? ''
  }
  throw new Error('the server ended before it was ready')
}

/** Makes the first user; gives her token. */
export async function register(server: Pick<RunningServer, 'url' | 'setupToken'>): Promise<string> {
  const body = { username: 'bench', email: 'bench@example.org', password: 'a long sentence to measure', setupToken: server.setupToken }
  const { data } = (await post(server, 'auth.register', { body })) as { data: { token: string } }
  return data.token
}

/** One mutation; gives `{ data }`. */
export async function post(
  { url }: Pick<RunningServer, 'url'>,
  path: string,
  { body, token }: { body: unknown; token?: string },
): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) }
  const response = await fetch(`${url}/trpc/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const answer = (await response.json()) as { result?: unknown }
  if (!answer.result) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return answer.result
}

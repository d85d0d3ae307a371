import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import { afterEach } from 'vitest'
import { createServices } from '../../src/create-services.ts'
import { createApp } from '../../src/http/app.ts'
import type { HttpEnv } from '../../src/http/env.ts'
import type { Drivers } from '../../src/open-drivers.ts'
import type { Services } from '../../src/services.ts'
import { readSettings, type ServerSettings } from '../../src/settings/settings.ts'
import { assertConsistent } from './assert-consistent.ts'

// biome-ignore lint/performance/noBarrelFile: tests open a server and its users together; only scripts without a test runner take users alone
export { addUser, type TestUser } from './users.ts'

export interface TestServer extends AsyncDisposable {
  readonly services: Services
  readonly app: Hono<HttpEnv>
}

/** Those whose store is walked. */
const walked = new Map<Services, { settleMs?: number; atTheEnd: boolean }>()

// Of every test file that opens a server: a test that leaves something wrong behind has failed, whatever it was looking at.
afterEach(async () => {
  for (const [services, options] of walked) if (!options.atTheEnd) await assertConsistent(services, options)
})

/** The real services and the real HTTP face in a temporary folder, without a socket. After each test its store is walked. */
export async function openTestServer(
  options: {
    /** Runs are done, as in a server that listens. @default false */
    runs?: boolean
    settings?: Partial<ServerSettings>
    environment?: Record<string, string>
    drivers?: Partial<Drivers>
    config?: Parameters<typeof createServices>[0]['config']
    /** Why the test puts rows into the tables that no server would: then the store is not walked. @default it is */
    inconsistent?: string
    /** Many tests fill one store: it is walked once, when the server is disposed of. @default 'after each test' */
    walked?: 'after each test' | 'at the end'
  } = {},
): Promise<TestServer> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'imagedoc-server-'))
  const settings = { ...readSettings({}), logLevel: 'silent' as const, dataFolder, ...options.settings }
  const services = await createServices({
    environment: options.environment ?? {},
    settings,
    ...(options.config ? { config: options.config } : {}),
    ...(options.drivers ? { drivers: options.drivers } : {}),
  })
  const runner = options.runs ? await services.runner.start() : undefined
  const settle = options.runs ? { settleMs: 10_000 } : {}
  if (options.inconsistent === undefined) walked.set(services, { ...settle, atTheEnd: options.walked === 'at the end' })
  return {
    services,
    app: createApp(services),
    async [Symbol.asyncDispose]() {
      await using stack = new AsyncDisposableStack()
      stack.defer(() => rm(dataFolder, { recursive: true, force: true }))
      stack.use(services)
      await runner?.[Symbol.asyncDispose]()
      if (walked.delete(services)) await assertConsistent(services)
    },
  }
}

export interface RpcAnswer {
  readonly status: number
  /** The output, or undefined. */
  readonly data: unknown
  /** The error's code, or `ok`. */
  readonly outcome: string
  readonly headers: Headers
  readonly text: string
}

/** One call as it goes over the wire. */
export async function callRpc(
  app: Hono<HttpEnv>,
  { path, type, input, token }: { path: string; type: 'query' | 'mutation' | 'subscription'; input?: unknown; token?: string | undefined },
): Promise<RpcAnswer> {
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  }
  const json = JSON.stringify(input)
  const query = json === undefined ? '' : `?input=${encodeURIComponent(json)}`
  const response =
    type !== 'mutation'
      ? await app.request(`/trpc/${path}${query}`, { headers })
      : await app.request(`/trpc/${path}`, { method: 'POST', headers, ...(json === undefined ? {} : { body: json }) })
  const text = await response.text()
  const body = (type === 'subscription' ? streamed(text) : JSON.parse(text)) as {
    result?: { data: unknown }
    error?: { data: { error: { code: string } } }
  }
  return {
    status: response.status,
    data: body.result?.data,
    outcome: body.error?.data.error.code ?? 'ok',
    headers: response.headers,
    text,
  }
}

/** What a stream that has ended came to: its last message, or its error. */
function streamed(text: string): unknown {
  const data = (event: string): unknown => {
    const [, json] = text.match(new RegExp(`(?:^|\\n)${event}data: (.*)\\n`)) ?? []
    return json === undefined ? undefined : JSON.parse(json)
  }
  const error = data('event: serialized-error\\n')
  return error ? { error } : { result: { data: data('\\n') } }
}

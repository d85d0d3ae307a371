import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import { type Config, ImageDocError } from '@imagedoc/core'
import { createServices } from './create-services.ts'
import { createApp } from './http/app.ts'
import type { Drivers } from './open-drivers.ts'
import { makeDataFolder } from './settings/data-folder.ts'
import { readSettings, type ServerSettings } from './settings/settings.ts'
import type { Environment } from './settings/variables.ts'
import { sweepEveryHour } from './sweep/sweep.ts'
import { deliverWebhooks } from './webhooks/deliver-webhooks.ts'

/** What {@link createServer} takes. */
export interface ServerOptions {
  /** The plugins. @default image, pdf, ocr and translate, set up from the environment */
  config?: Config
  /** @default process.env */
  environment?: Environment
  /** Settings that go before the environment's. */
  settings?: Partial<ServerSettings>
  /** Drivers to use instead of those that the settings choose; disposed by whoever made them. */
  drivers?: Partial<Drivers>
}

/** A server that listens. Dispose it to stop: requests under way are finished first, for 10 s at most. */
export interface ImageDocServer extends AsyncDisposable {
  /** Where users reach it. */
  readonly url: string
  /** Makes the first manager, once; null when there is a user already. */
  readonly setupToken: string | null
  /** Answers a request without a socket. */
  fetch(request: Request): Promise<Response>
}

const DRAIN_MS = 10_000
const IDLE_MS = 50
/**
 * Node's own bound is five minutes for a whole request, and uploads take their time. That of its head, a minute, has to be said then: Node would take
 * the lesser of both, which is none.
 */
const bounds = { requestTimeout: 0, headersTimeout: 60_000 }

/**
 * Starts a server on embedded defaults: a database and files in one folder, nothing else needed.
 * @throws INVALID_CONFIG for a wrong variable, a folder that cannot be used or is in use, an address that cannot be listened on
 * @example
 * await using server = await createServer({ config: defineConfig({ plugins: [image(), pdf(), myPlugin()] }) })
 * console.log(server.url, server.setupToken)
 */
export async function createServer(options: ServerOptions = {}): Promise<ImageDocServer> {
  const { environment = process.env } = options
  const read = { ...readSettings(environment), ...options.settings }
  const settings = { ...read, dataFolder: resolve(read.dataFolder) }
  await makeDataFolder(settings.dataFolder)
  await using stack = new AsyncDisposableStack()
  const services = stack.use(await createServices({ ...options, environment, settings }))
  const app = createApp(services)
  const listening = stack.use(await listen(app.fetch, settings))
  // Streams have no end of their own that a stop could wait for.
  stack.defer(services.runEvents.stop)
  const url = settings.publicUrl ?? listening.url
  const setupToken = await services.accounts.setupToken()
  stack.use(sweepEveryHour(services))
  stack.use(await services.runner.start())
  stack.use(deliverWebhooks(services))
  const owned = stack.move()
  return {
    url,
    setupToken,
    fetch: async (request) => app.fetch(request),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function listen(
  fetch: (request: Request, env: object) => Promise<Response> | Response,
  { host, port }: Pick<ServerSettings, 'host' | 'port'>,
): Promise<AsyncDisposable & { url: string }> {
  const server = createAdaptorServer({ fetch, serverOptions: bounds })
  await new Promise<void>((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => failed(cannotListen(error, { host, port })))
    server.listen(port, host, () => done())
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      const connections = server as unknown as { closeIdleConnections?(): void; closeAllConnections?(): void }
      connections.closeIdleConnections?.()
      // Those that were busy are kept open for 5 s after their answer, for another request that will not be taken.
      const idle = setInterval(() => connections.closeIdleConnections?.(), IDLE_MS)
      const timer = setTimeout(() => connections.closeAllConnections?.(), DRAIN_MS)
      await closed
      clearInterval(idle)
      clearTimeout(timer)
    },
  }
}

function cannotListen(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): ImageDocError {
  const why = error.code === 'EADDRINUSE' ? 'another program listens there' : (error.code ?? error.message)
  return new ImageDocError('INVALID_CONFIG', `The server cannot listen on ${host}, port ${port}: ${why}. Set HOST and PORT to others.`, {
    cause: error,
  })
}

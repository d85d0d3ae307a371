import { ImageDocError } from '@imagedoc/core'
import { createApp } from './http/app.ts'
import { listen } from './http/listen.ts'
import { claimDatabase } from './only-server.ts'
import { placesOf } from './open-drivers/places.ts'
import { type StartOptions, startServices } from './start-services.ts'
import { sweepEveryHour } from './sweep/sweep.ts'
import { deliverWebhooks } from './webhooks/deliver-webhooks.ts'

/** What {@link createServer} takes. */
export interface ServerOptions extends StartOptions {
  /** Pages of runs are computed here, too. @default true, unless MongoDB and Redis are configured: then workers do it */
  withWorker?: boolean
}

/** A server that listens. Dispose it to stop: requests under way are finished first, for 10 s at most. */
export interface ImageDocServer extends AsyncDisposable {
  /** Where users reach it. */
  readonly url: string
  /** Makes the first manager, once; null when there is a user already. */
  readonly setupToken: string | null
  /** Where its data is: the data folder, and what stands for a part of it. Never an address. */
  readonly places: readonly string[]
  readonly withWorker: boolean
  /** Answers a request without a socket. */
  fetch(request: Request): Promise<Response>
}

/**
 * Starts a server on what the settings choose: by default on a database and files in one folder, with nothing else needed.
 * @throws INVALID_CONFIG for a wrong variable, for one that is missing beside another, for a server or a folder that cannot be used or is in use, for an
 * address that cannot be listened on
 * @example
 * await using server = await createServer({ config: defineConfig({ plugins: [image(), pdf(), myPlugin()] }) })
 * console.log(server.url, server.setupToken)
 */
export async function createServer(options: ServerOptions = {}): Promise<ImageDocServer> {
  await using stack = new AsyncDisposableStack()
  const services = stack.use(await startServices(options))
  const { settings, distributed } = services
  const { withWorker = !distributed } = options
  if (!withWorker && !distributed) throw nobodyWorks()
  if (settings.mongodbUrl !== undefined && !distributed) stack.use(await claimDatabase(services))
  const app = createApp(services)
  const listening = stack.use(await listen(app.fetch, settings))
  // Streams have no end of their own that a stop could wait for.
  stack.defer(services.runEvents.stop)
  const url = settings.publicUrl ?? listening.url
  const setupToken = await services.accounts.setupToken()
  stack.use(sweepEveryHour(services))
  stack.use(await services.runner.start({ work: withWorker ? { concurrency: settings.workerConcurrency } : null }))
  stack.use(deliverWebhooks(services))
  const owned = stack.move()
  return {
    url,
    setupToken,
    places: placesOf(settings),
    withWorker,
    fetch: async (request) => app.fetch(request),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function nobodyWorks(): ImageDocError {
  return new ImageDocError(
    'INVALID_CONFIG',
    'A server without a worker leaves the pages of runs to workers elsewhere, which reach them by IMAGEDOC_MONGODB_URL and IMAGEDOC_REDIS_URL: set both, or leave the worker on.',
  )
}

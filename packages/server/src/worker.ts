import { type Config, ImageDocError } from '@imagedoc/core'
import { Hono } from 'hono'
import { defaultConfig } from './default-config.ts'
import type { HttpEnv } from './http/env.ts'
import { createHealthRoutes } from './http/health.ts'
import { listen } from './http/listen.ts'
import { isDistributed } from './open-drivers/redis.ts'
import { namespacesOf } from './runs/namespaces.ts'
import type { Services } from './services.ts'
import type { ServerSettings } from './settings/settings.ts'
import { type StartOptions, startServices, startSettings } from './start-services.ts'

/** What {@link createWorker} takes. */
export interface WorkerOptions extends StartOptions {
  /**
   * Namespaces of operations, `ocr` for `ocr.recognize`: it takes work that ends with one of these, together with what comes before it on the page.
   * @default all of its plugins'
   */
  only?: readonly string[]
  /** Answers `/health/live`, `/health/ready` and `/metrics` on this port of `HOST`; 0 takes any that is free. @default it does not listen */
  healthPort?: number
}

/**
 * A process that computes pages of runs. Dispose it to stop: no more are taken, those under way are finished for up to 25 s, and what is not done by then
 * another worker does.
 */
export interface ImageDocWorker extends AsyncDisposable {
  /** Namespaces of the operations that the work which it takes ends with. */
  readonly takes: readonly string[]
  /** Pages at a time. */
  readonly concurrency: number
  /** Undefined when it does not listen. */
  readonly healthUrl: string | undefined
}

/**
 * Starts a worker for the servers that use the same MongoDB, Redis and bucket. Any number of them share the pages.
 * @throws INVALID_CONFIG for settings that are wrong or missing, for a server that cannot be used, for a namespace that no plugin has
 * @example
 * await using worker = await createWorker({ only: ['ocr'], settings: { workerConcurrency: 2 } })
 */
export async function createWorker(options: WorkerOptions = {}): Promise<ImageDocWorker> {
  const settings = await startSettings(options)
  const config = options.config ?? defaultConfig(options.environment)
  assertShared(settings, options)
  const takes = takenBy(options.only, config)
  await using stack = new AsyncDisposableStack()
  const services = stack.use(await startServices({ ...options, config }))
  const health = options.healthPort === undefined ? undefined : stack.use(await answerHealth(services, options.healthPort))
  const concurrency = settings.workerConcurrency
  stack.use(await services.runner.start({ dispatch: false, work: { concurrency, has: takes } }))
  const owned = stack.move()
  return { takes, concurrency, healthUrl: health?.url, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function assertShared(settings: ServerSettings, { drivers }: StartOptions): void {
  if (drivers?.distributed || isDistributed(settings)) return
  const [variable, expects] =
    settings.redisUrl === undefined
      ? ['IMAGEDOC_REDIS_URL', 'redis://127.0.0.1:6379']
      : ['IMAGEDOC_MONGODB_URL', 'mongodb://127.0.0.1:27017/imagedoc']
  throw new ImageDocError(
    'INVALID_CONFIG',
    `${variable} is missing: a worker shares the database and the queue with the servers, so it needs IMAGEDOC_MONGODB_URL and IMAGEDOC_REDIS_URL. It expects an address such as ${expects}.`,
    { details: { variable } },
  )
}

function takenBy(only: readonly string[] | undefined, { plugins }: Config): readonly string[] {
  const known = namespacesOf(plugins)
  const unknown = only?.find((name) => !known.includes(name))
  if (unknown === undefined) return only ? [...new Set(only)] : known
  throw new ImageDocError('INVALID_CONFIG', `No plugin has operations "${unknown}.…"; there are ${known.join(', ')}.`)
}

function answerHealth(services: Services, port: number): ReturnType<typeof listen> {
  const app = new Hono<HttpEnv>()
  app.use(async (c, next) => {
    const { incoming } = (c.env ?? {}) as { incoming?: { socket: { remoteAddress?: string } } }
    c.set('caller', null)
    c.set('address', incoming?.socket.remoteAddress ?? '')
    await next()
  })
  app.route('/', createHealthRoutes(services))
  return listen(app.fetch, { host: services.settings.host, port, remedy: 'Give the health of the worker another port (--port).' })
}

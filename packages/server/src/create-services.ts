import { type Config, createImageDoc, type ImageDocOptions, type ResultCache } from '@imagedoc/core'
import { createCollectionAccess } from './access/collection-access.ts'
import { createAccounts } from './accounts/accounts.ts'
import { createAuthenticator } from './accounts/authenticator.ts'
import { createRateLimits } from './accounts/rate-limits.ts'
import { createAudit } from './audit/audit.ts'
import { openInstanceKey } from './instance-key.ts'
import { createHotBlobs } from './interactive/hot-blobs.ts'
import { createSecondUseCache } from './interactive/second-use-cache.ts'
import { createLog, oncePerMinute, reasonOf } from './logging/log.ts'
import { createMetrics } from './metrics/metrics.ts'
import { observeRuns } from './metrics/observe-runs.ts'
import { assertOperations } from './needed-operations.ts'
import { type Drivers, openDrivers } from './open-drivers.ts'
import { createQueues, INTERACTIVE_CHILDREN } from './queues/queues.ts'
import { createRunEvents } from './run-events/run-events.ts'
import { createRunner } from './runs/create-runner.ts'
import { namespacesOf } from './runs/namespaces.ts'
import { createSearch } from './search/search-service.ts'
import type { Services } from './services.ts'
import { limitsOf, type ServerSettings } from './settings/settings.ts'
import type { Environment } from './settings/variables.ts'
import { openTracing } from './tracing/open-tracing.ts'
import { createUsageLedger } from './usage/usage.ts'
import { createWebhooks } from './webhooks/create-webhooks.ts'

export interface ServicesOptions {
  readonly config?: Config
  readonly environment: Environment
  readonly settings: ServerSettings
  readonly drivers?: Partial<Drivers>
}

/** Pages of one run that may be with workers at a time: they wait there, not here, and a run has as many workers as are free. */
const PAGES_AWAY = 64

/** Opens the drivers and puts the services on them; disposing closes what was opened here. */
export async function createServices(options: ServicesOptions): Promise<Services & AsyncDisposable> {
  const { settings, drivers: given = {} } = options
  await using stack = new AsyncDisposableStack()
  const log = createLog(settings.logLevel)
  const now = (): Date => new Date()
  const config = options.config ?? (await import('./default-config.ts')).defaultConfig(options.environment)
  const queues = createQueues(settings)
  const drivers = await openDrivers({ settings, given, config, log, now, queues }, stack)
  const { blobs, cache: lasting, events, lock, tables } = drivers
  const quick = stack.use(createSecondUseCache(lasting))
  // A purge erases what is in memory only, too.
  const cache: ResultCache = { ...lasting, forget: quick.forget, clear: quick.clear }
  const metrics = createMetrics()
  const tracing = stack.use(
    await openTracing(
      options.environment,
      oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'tracing')),
    ),
  )
  const observe = (imagedoc: Services['imagedoc']): Services['imagedoc'] => {
    const counted = observeRuns(imagedoc, { log, metrics })
    return tracing?.runs(counted) ?? counted
  }
  const window = drivers.distributed ? { concurrency: PAGES_AWAY } : {}
  const open = (given: Pick<ImageDocOptions<[]>, 'background' | 'blobs' | 'cache' | 'children' | 'limits'>): Services['imagedoc'] =>
    observe(stack.use(createImageDoc({ plugins: config.plugins, ...window, isolation: 'children', ...given })))
  const limits = limitsOf(settings)
  const imagedoc = open({ blobs, cache, background: true, limits })
  assertOperations(imagedoc)
  const rateLimits = createRateLimits({}, drivers.sharedLimits)
  const usage = createUsageLedger(tables, now)
  const audit = createAudit(tables, now)
  const instanceKey = await openInstanceKey(tables, now)
  const shared = { settings, tables, events, lock, log, now, audit, usage, queues, rateLimits, instanceKey }
  const authenticator = stack.use(createAuthenticator(shared))
  // At the start: later no request waits for it, and a bus that goes away is listened to again by itself.
  await authenticator.listen()
  const unpublished = oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'run events'))
  const runEvents = stack.use(createRunEvents({ ...shared, log: drivers.runEventLog, warn: unpublished, streams: queues.streams }))
  const webhooks = createWebhooks(shared)
  const access = createCollectionAccess(tables)
  const search = stack.use(createSearch({ ...shared, access, blobs }))
  const namespaces = namespacesOf(config.plugins)
  const runner = stack.use(await createRunner({ ...shared, ...drivers, namespaces, imagedoc, runEvents, search, tracing, webhooks }))
  const services: Services = {
    ...shared,
    ...drivers,
    cache,
    imagedoc,
    interactive: open({ blobs: stack.use(createHotBlobs(blobs)), cache: quick, children: INTERACTIVE_CHILDREN, limits }),
    access,
    search,
    accounts: createAccounts({ ...shared, authenticator }),
    authenticator,
    runEvents,
    runner,
    webhooks,
    metrics,
    tracing,
  }
  const owned = stack.move()
  return { ...services, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

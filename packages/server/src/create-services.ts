import type { Config } from '@imagedoc/core'
import { createCollectionAccess } from './access/collection-access.ts'
import { createAccounts } from './accounts/accounts.ts'
import { createAuthenticator } from './accounts/authenticator.ts'
import { createRateLimits } from './accounts/rate-limits.ts'
import { createAudit } from './audit/audit.ts'
import { openInstanceKey } from './instance-key.ts'
import { createLog, oncePerMinute, reasonOf } from './logging/log.ts'
import { createMetrics } from './metrics/metrics.ts'
import { type Drivers, openDrivers } from './open-drivers.ts'
import { openImageDocs } from './open-image-docs.ts'
import { createQueues } from './queues/queues.ts'
import { createRunEvents } from './run-events/run-events.ts'
import { createBegunPages } from './runs/create-begun-pages.ts'
import { createRunner } from './runs/create-runner.ts'
import { namespacesOf } from './runs/namespaces.ts'
import { createSearch } from './search/search-service.ts'
import type { Services } from './services.ts'
import type { ServerSettings } from './settings/settings.ts'
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

/** Opens the drivers and puts the services on them; disposing closes what was opened here. */
export async function createServices(options: ServicesOptions): Promise<Services & AsyncDisposable> {
  const { settings, drivers: given = {} } = options
  await using stack = new AsyncDisposableStack()
  const log = createLog(settings.logLevel)
  const now = (): Date => new Date()
  const config = options.config ?? (await import('./default-config.ts')).defaultConfig(options.environment)
  const queues = createQueues(settings)
  const drivers = await openDrivers({ settings, given, config, log, now, queues }, stack)
  const { blobs, events, lock, tables } = drivers
  const metrics = createMetrics()
  const tracing = stack.use(
    await openTracing(
      options.environment,
      oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'tracing')),
    ),
  )
  const imageDocs = openImageDocs({ config, settings, drivers, log, metrics, tracing }, stack)
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
  const begunPages = createBegunPages(shared)
  const runner = stack.use(
    await createRunner({ ...shared, ...drivers, ...imageDocs, begunPages, namespaces, runEvents, search, tracing, webhooks }),
  )
  const services: Services = {
    ...shared,
    ...drivers,
    ...imageDocs,
    begunPages,
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

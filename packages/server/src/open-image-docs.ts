import { type Config, createImageDoc, type ImageDocOptions, type ResultCache } from '@imagedoc/core'
import { createHotBlobs } from './interactive/hot-blobs.ts'
import { createSecondUseCache } from './interactive/second-use-cache.ts'
import type { Metrics } from './metrics/metrics.ts'
import { observeRuns } from './metrics/observe-runs.ts'
import { assertOperations } from './needed-operations.ts'
import type { Drivers } from './open-drivers.ts'
import { INTERACTIVE_CHILDREN } from './queues/queues.ts'
import type { Services } from './services.ts'
import { limitsOf, type ServerSettings } from './settings/settings.ts'
import type { Tracing } from './tracing/tracing.ts'

/** Pages of one run that may be with workers at a time: they wait there, not here, and a run has as many workers as are free. */
const PAGES_AWAY = 64

export interface ImageDocsOptions {
  readonly config: Config
  readonly settings: ServerSettings
  readonly drivers: Pick<Drivers, 'blobs' | 'cache' | 'distributed'>
  readonly log: Services['log']
  readonly metrics: Metrics
  readonly tracing: Tracing | undefined
}

/** What computes: one for runs, and one for what somebody waits for, each with children of its own. */
export function openImageDocs(
  { config, settings, drivers, log, metrics, tracing }: ImageDocsOptions,
  stack: AsyncDisposableStack,
): Pick<Services, 'cache' | 'imagedoc' | 'interactive'> {
  const { blobs, cache: lasting } = drivers
  const quick = stack.use(createSecondUseCache(lasting))
  // A purge erases what is in memory only, too.
  const cache: ResultCache = { ...lasting, forget: quick.forget, clear: quick.clear }
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
  const interactive = open({ blobs: stack.use(createHotBlobs(blobs)), cache: quick, children: INTERACTIVE_CHILDREN, limits })
  return { cache, imagedoc, interactive }
}

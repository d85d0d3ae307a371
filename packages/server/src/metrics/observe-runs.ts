import type { AnyOperation, ImageDoc } from '@imagedoc/core'
import { logFailure } from '../logging/log-failure.ts'
import type { Services } from '../services.ts'

/** The same, with every run's steps counted, and those that fail told to the log where nobody else tells it. */
export function observeRuns(imagedoc: ImageDoc<AnyOperation>, { log, metrics }: Pick<Services, 'log' | 'metrics'>): ImageDoc<AnyOperation> {
  const onFailure = logFailure(log)
  return {
    ...imagedoc,
    async run(pipeline, inputs, options) {
      const result = await imagedoc.run(pipeline, inputs, { onFailure, ...options })
      for (const { use, pages, ms } of result.receipt.steps) metrics.operation(use, { hit: pages.hit, miss: pages.miss, ms })
      return result
    },
  }
}

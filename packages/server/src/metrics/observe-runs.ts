import type { AnyOperation, ImageDoc } from '@imagedoc/core'
import type { Metrics } from './metrics.ts'

/** The same, with every run's steps counted. */
export function observeRuns(imagedoc: ImageDoc<AnyOperation>, metrics: Metrics): ImageDoc<AnyOperation> {
  return {
    ...imagedoc,
    async run(...call) {
      const result = await imagedoc.run(...call)
      for (const { use, pages, ms } of result.receipt.steps) metrics.operation(use, { hit: pages.hit, miss: pages.miss, ms })
      return result
    },
  }
}

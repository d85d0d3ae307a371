import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Services } from '../services.ts'
import type { RpcContext } from './rpc-context.ts'

/** What a call counts in the limit of its user, where it is more than one request: about one for each 3 ms of a processor that it may take. */
export const costs: Readonly<Record<string, number>> = {
  search: 10,
  'runs.list': 3,
  'runs.batches.get': 3,
  'pipelines.explain': 10,
  'operations.list': 3,
}

/** Steps, and bytes, of a definition that count as one request. */
const STEPS = 20
const BYTES = 8 * 1024

/** Lets definitions be looked at one after the other, each in a turn of its own, and counts them by their size. */
export interface Definitions {
  /** To be awaited before a definition is parsed. @throws RATE_LIMITED */
  admit(ctx: RpcContext, definition: unknown): Promise<void>
}

export function createDefinitions({ rateLimits }: Pick<Services, 'rateLimits'>): Definitions {
  let last = Promise.resolve()
  return {
    async admit({ caller, address }, definition) {
      const points = pointsOf(definition)
      if (points > 0) await rateLimits.request(caller, address, points)
      // A thousand steps take 50 ms and more: whoever waits for something else has a turn between two of them.
      last = last.then(() => nextTurn())
      await last
    },
  }
}

function pointsOf(definition: unknown): number {
  const { steps } = (typeof definition === 'object' && definition !== null ? definition : {}) as { steps?: unknown }
  const count = typeof steps === 'object' && steps !== null ? Object.keys(steps).length : 0
  return Math.floor(count / STEPS) + Math.floor(JSON.stringify(definition).length / BYTES)
}

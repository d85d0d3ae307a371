import { executeExpansion } from './execute-expansion.ts'
import { executeSegment } from './execute-segment.ts'
import type { Place } from './network-split.ts'
import type { Host } from './segment-job.ts'
import { createSemaphore } from './semaphore.ts'

/** Requests in flight to providers: they wait, they do not compute. */
export const NETWORK_CONCURRENCY = 4

/** Runs segments in this thread, at most `concurrency` at a time; an item of an expansion counts as one while it is made. */
export function createThisThread(host: Host, concurrency: number): Place {
  const room = createSemaphore(concurrency)
  return {
    run: (call, hooks) => room.run(hooks.signal, () => executeSegment({ host, call, hooks })),
    async open(call, hooks) {
      const expansion = await room.run(hooks.signal, () => executeExpansion({ host, call, hooks }))
      return { ...expansion, at: (index, item) => room.run(item.signal, () => expansion.at(index, item)) }
    },
  }
}

import type { JobQueue } from '@imagedoc/core'
import { newId } from '../records/id.ts'
import type { Run } from '../records/run.ts'

/** Lets the pages of all runs that this process computes take turns: by the queue's order, which is fair between users. */
export interface Turns extends AsyncDisposable {
  /** @throws what `compute` throws; CANCELLED when aborted while waiting */
  take<Value>(run: Pick<Run, 'user_id' | 'priority'>, compute: () => Promise<Value>, signal: AbortSignal): Promise<Value>
}

/** @param concurrency pages in work at a time, of all runs together */
export function createTurns(queue: JobQueue, concurrency: number): Turns {
  const waiting = new Map<string, () => Promise<void>>()
  const taker = queue.work(async ({ id }) => waiting.get(id)?.(), { concurrency })
  return {
    async take<Value>({ user_id, priority }: Pick<Run, 'user_id' | 'priority'>, compute: () => Promise<Value>, signal: AbortSignal) {
      const id = newId()
      let outcome: { value: Value } | { error: unknown } | undefined
      waiting.set(id, async () => {
        outcome = await compute().then(
          (value) => ({ value }),
          (error: unknown) => ({ error }),
        )
      })
      try {
        await queue.run({ id, user: user_id, priority, needs: '', data: null }, { signal })
      } finally {
        waiting.delete(id)
      }
      if (outcome && 'value' in outcome) return outcome.value
      throw outcome?.error
    },
    [Symbol.asyncDispose]: () => taker[Symbol.asyncDispose](),
  }
}

import { ImageDocError } from '@imagedoc/core/errors'
import { polled } from './poll.ts'
import type { RunNeeds } from './run-handle.ts'
import type { BatchHandle, ServerBatch } from './run-types.ts'

export function createBatchHandle({ calls }: Pick<RunNeeds, 'calls'>, id: Promise<string>): BatchHandle {
  const handle: BatchHandle = {
    id,
    async *events({ signal } = {}) {
      const known = await id
      let told = ''
      for await (const batch of polled(() => calls.runs.batches.get({ id: known }, signal ? { signal } : {}), { signal })) {
        const now = JSON.stringify([batch.counts, batch.complete, batch.runs])
        if (now !== told) yield batch
        told = now
        if (isEnded(batch)) return
      }
    },
    async result(options) {
      for await (const batch of handle.events(options)) if (isEnded(batch)) return batch
      throw new ImageDocError('INTERNAL', 'A batch was asked for until it had ended, and has not.')
    },
    cancel: async () => calls.runs.batches.cancel({ id: await id }),
  }
  return handle
}

function isEnded({ state }: ServerBatch): boolean {
  return state !== 'queued' && state !== 'running'
}

import type { Json } from '@imagedoc/core'
import { ImageDocError } from '@imagedoc/core/errors'
import { createBatchHandle } from './batch-handle.ts'
import { createRunHandle, type RunNeeds } from './run-handle.ts'
import type { BatchHandle, BatchTarget, GatherTarget, RunHandle, RunMethods, RunOptions, RunPipeline, RunSource } from './run-types.ts'

/** Starting and watching runs. */
export function createRunMethods(needs: RunNeeds): RunMethods {
  return {
    run: ((target: RunSource | GatherTarget | BatchTarget, pipeline: RunPipeline, options: RunOptions = {}): RunHandle | BatchHandle => {
      const isBatch = 'collection_id' in target && target.gather !== true
      const id = start(needs, { target, pipeline, options }).then((started) => {
        if ((started.type === 'batch') === isBatch) return started.type === 'batch' ? started.batch.id : started.run.id
        throw new ImageDocError('INTERNAL', `The server started another kind of run than was asked for: ${started.type}.`)
      })
      // Whoever asks for the id, the events or the result is told; nobody may have to.
      id.catch(() => {})
      return isBatch ? createBatchHandle(needs, id) : createRunHandle(needs, id)
    }) as RunMethods['run'],
    attach: (id) => createRunHandle(needs, Promise.resolve(id)),
    attachBatch: (id) => createBatchHandle(needs, Promise.resolve(id)),
  }
}

interface Start {
  readonly target: RunSource | GatherTarget | BatchTarget
  readonly pipeline: RunPipeline
  readonly options: RunOptions
}

async function start({ calls }: RunNeeds, { target, pipeline, options: { inputs, webhook, idempotencyKey } }: Start) {
  return calls.runs.start({ target, pipeline: pipelineOf(pipeline), inputs: inputs && { ...inputs }, webhook, idempotencyKey })
}

/** A definition has steps, a saved pipeline an id; a builder is one by what it becomes. */
function pipelineOf(pipeline: RunPipeline) {
  if ('toJSON' in pipeline) return { definition: pipeline.toJSON() as unknown as Json }
  return 'steps' in pipeline ? { definition: pipeline as unknown as Json } : pipeline
}

import type { Diagnostic, PipelineDefinition } from '@imagedoc/core'
import { z } from 'zod'
import type { Caller } from '../access/caller.ts'
import type { Batch, Run } from '../records/run.ts'
import { toldDiagnostic } from '../records/told-pages.ts'
import { isEnded } from '../runs/claim.ts'
import { type CountedBatch, createRunService } from '../runs/run-service.ts'
import type { Services } from '../services.ts'
import { cut } from './bounded-error.ts'
import { createDefinitions } from './costs.ts'
import { createRunEventsProcedure } from './run-events.ts'
import { definitionIn, id, idempotencyKey, isoDate, pageOf, pageQuery, title } from './schema.ts'
import type { Procedures } from './trpc.ts'

const MOST_INPUTS = 20
const MESSAGE_BYTES = 2000
const STATES = ['queued', 'running', 'done', 'partial', 'failed', 'cancelled'] as const
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

const documentTarget = z.strictObject({
  document_id: id,
  version: z.int().min(0).optional(),
  output: z.string().min(1).max(200).optional(),
})
const collectionTarget = z.strictObject({ collection_id: id, gather: z.boolean().optional(), title: title.optional() })
const pipelineIn = z.union([z.strictObject({ definition: definitionIn }), z.strictObject({ id, version: z.int().min(1).optional() })])

const state = z.enum(STATES)
const definitionOut = z.custom<PipelineDefinition>(isObject)
const savedPipeline = z.object({ id, number: z.number() }).nullable()
const stepDto = z.object({
  id: z.string(),
  use: z.string(),
  key: z.string(),
  cache: z.enum(['hit', 'miss', 'mixed', 'unused']),
  pages: z.object({ hit: z.number(), miss: z.number(), skipped: z.number(), failed: z.number(), passed: z.number().optional() }),
  ms: z.number(),
  /** What its results that came from the cache took when they were made. */
  saved_ms: z.number(),
  diagnostics: z.array(z.custom<Diagnostic>(isObject)),
})
const runDto = z.object({
  id,
  revision: z.number(),
  created_at: isoDate,
  user_id: id,
  batch_id: id.nullable(),
  document_id: id.nullable(),
  collection_id: id,
  version: z.number(),
  gather: z.boolean(),
  pipeline: definitionOut,
  saved_pipeline: savedPipeline,
  state,
  attempt: z.number(),
  retry_of: id.nullable(),
  pages: z.object({ total: z.number().nullable(), done: z.number(), failed: z.number() }),
  steps: z.array(stepDto),
  saved_ms: z.number(),
  error: z.object({ code: z.string(), message: z.string(), path: z.string().optional() }).nullable(),
  /** The version that it made, or, with `result_is_new` false, the one that was current and holds the same already. */
  result_version: z.number().nullable(),
  /** Null for a run without a result. */
  result_is_new: z.boolean().nullable(),
  webhook: z.object({ url: z.string(), state: z.enum(['waiting', 'pending', 'delivered', 'failed']), attempts: z.number() }).nullable(),
  started_at: isoDate.nullable(),
  ended_at: isoDate.nullable(),
})
const batchDto = z.object({
  id,
  created_at: isoDate,
  user_id: id,
  collection_id: id,
  pipeline: definitionOut,
  saved_pipeline: savedPipeline,
  /** How many were made so far. */
  runs: z.number(),
  /** False while runs are still being made of it. */
  complete: z.boolean(),
  /** Derived from its runs; `running` until all have ended. */
  state,
  counts: z.object({
    queued: z.number(),
    running: z.number(),
    done: z.number(),
    partial: z.number(),
    failed: z.number(),
    cancelled: z.number(),
  }),
})
const started = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), run: runDto }),
  z.object({ type: z.literal('batch'), batch: batchDto }),
])

/** Runs: pipelines over documents and collections. */
export function createRunsRouter(procedures: Procedures, services: Services) {
  const { router, signedIn } = procedures
  const service = createRunService(services)
  const definitions = createDefinitions(services)
  const one = z.strictObject({ id })
  return router({
    start: signedIn
      .input(
        z.strictObject({
          target: z.union([documentTarget, collectionTarget]),
          pipeline: pipelineIn,
          inputs: z
            .record(z.string().min(1).max(100), documentTarget)
            .refine((inputs) => Object.keys(inputs).length <= MOST_INPUTS, `at most ${MOST_INPUTS} inputs`)
            .default({}),
          webhook: z.strictObject({ url: z.string().max(2000) }).optional(),
          idempotencyKey,
        }),
      )
      .output(started)
      .mutation(async ({ ctx, input }) => {
        if ('definition' in input.pipeline) await definitions.admit(ctx, input.pipeline.definition)
        const made = await service.start(ctx.caller, input)
        if (made.type === 'run') return { type: 'run', run: runOf(made.run, ctx.caller) }
        return { type: 'batch', batch: batchOf(await service.batch(ctx.caller, made.batch._id)) }
      }),
    get: signedIn
      .input(one)
      .output(runDto)
      .query(async ({ ctx, input }) => runOf(await service.get(ctx.caller, input.id), ctx.caller)),
    list: signedIn
      .input(
        z.strictObject({
          document_id: id.optional(),
          collection_id: id.optional(),
          batch_id: id.optional(),
          state: state.optional(),
          ...pageQuery,
        }),
      )
      .output(pageOf(runDto))
      .query(async ({ ctx, input }) => {
        const { rows, next } = await service.list(ctx.caller, input)
        return { items: rows.map((run) => runOf(run, ctx.caller)), next }
      }),
    cancel: signedIn
      .input(one)
      .output(runDto)
      .mutation(async ({ ctx, input }) => runOf(await service.cancel(ctx.caller, input.id), ctx.caller)),
    retry: signedIn
      .input(z.strictObject({ id, idempotencyKey }))
      .output(runDto)
      .mutation(async ({ ctx, input }) => runOf(await service.retry(ctx.caller, input), ctx.caller)),
    batches: router({
      get: signedIn
        .input(one)
        .output(batchDto)
        .query(async ({ ctx, input }) => batchOf(await service.batch(ctx.caller, input.id))),
      cancel: signedIn
        .input(one)
        .output(batchDto)
        .mutation(async ({ ctx, input }) => batchOf(await service.cancelBatch(ctx.caller, input.id))),
    }),
    events: createRunEventsProcedure(procedures, services),
  })
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null

/** Not every field of the row is anybody's business: of an address that is told of the end, a part may be a secret of the run's user. */
function runOf(run: Run, { userId }: Caller): z.infer<typeof runDto> {
  const { _id, idempotency_key: _, inputs: __, title: ___, priority: ____, cancel_requested: _____, error, steps, webhook, ...rest } = run
  return {
    ...rest,
    id: _id,
    created_at: run.created_at.toISOString(),
    started_at: iso(run.started_at),
    ended_at: iso(run.ended_at),
    steps: steps.map((step) => ({ ...step, diagnostics: step.diagnostics.map(toldDiagnostic) })),
    result_is_new: run.result_version === null ? null : (run.result_is_new ?? true),
    saved_ms: steps.reduce((sum, { saved_ms }) => sum + saved_ms, 0),
    error: error && {
      code: error.code,
      message: cut(error.message, MESSAGE_BYTES),
      ...(error.path === undefined ? {} : { path: error.path }),
    },
    webhook: webhook && {
      url: run.user_id === userId ? webhook.url : new URL(webhook.url).origin,
      state: webhook.state,
      attempts: webhook.attempts,
    },
  }
}

function batchOf({ batch, counts }: CountedBatch): z.infer<typeof batchDto> {
  const { _id, created_at, user_id, collection_id, pipeline, saved_pipeline, runs, complete } = batch
  return {
    id: _id,
    created_at: created_at.toISOString(),
    user_id,
    collection_id,
    pipeline,
    saved_pipeline,
    runs,
    complete,
    counts,
    state: stateOf(batch, counts),
  }
}

function stateOf({ complete, cancel_requested }: Batch, counts: CountedBatch['counts']): Run['state'] {
  // Not the number of those that were made: a document that was purged since took its run along.
  const runs = STATES.reduce((sum, name) => sum + counts[name], 0)
  const going = STATES.filter((name) => !isEnded(name)).reduce((sum, name) => sum + counts[name], 0)
  if (going > 0 || !complete) return counts.queued === runs && complete ? 'queued' : 'running'
  // One that had ended before it was cancelled has no such run.
  if (counts.cancelled === runs ? cancel_requested || runs > 0 : cancel_requested && counts.cancelled > 0) return 'cancelled'
  if (counts.failed + counts.cancelled === runs && runs > 0) return 'failed'
  return counts.done === runs ? 'done' : 'partial'
}

import type { Explanation, PipelineDefinition, Problem } from '@imagedoc/core'
import { z } from 'zod'
import { createPipelineService } from '../pipelines/pipeline-service.ts'
import type { PipelineWithDefinition } from '../pipelines/pipeline-versions.ts'
import type { SavedPipeline } from '../records/pipeline.ts'
import type { Services } from '../services.ts'
import { createDefinitions } from './costs.ts'
import { definitionIn, id, idempotencyKey, isoDate, pageOf, pageQuery, revision, title } from './schema.ts'
import type { Procedures } from './trpc.ts'

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
const definitionOut = z.custom<PipelineDefinition>(isObject)
const pipelineDto = z.object({
  id,
  revision,
  created_at: isoDate,
  user_id: id,
  collection_id: id.nullable(),
  name: z.string(),
  /** The newest. */
  version: z.number(),
})
const pipelineWithDefinition = pipelineDto.extend({ definition: definitionOut, number: z.number() })

/** Pipelines: checked, explained, saved in versions, shared in a collection. */
export function createPipelinesRouter({ router, signedIn }: Procedures, services: Services) {
  const pipelines = createPipelineService(services)
  const definitions = createDefinitions(services)
  return router({
    validate: signedIn
      .input(z.strictObject({ definition: definitionIn }))
      .output(z.object({ valid: z.boolean(), problems: z.array(z.custom<Problem>(isObject)) }))
      .query(async ({ ctx, input }) => {
        await definitions.admit(ctx, input.definition)
        const problems = services.imagedoc.problems(input.definition)
        return { valid: problems.every(({ severity }) => severity !== 'error'), problems }
      }),
    explain: signedIn
      .input(z.strictObject({ definition: definitionIn, document_id: id }))
      .output(z.custom<Explanation>(isObject))
      .query(async ({ ctx, input }) => {
        await definitions.admit(ctx, input.definition)
        return pipelines.explain(ctx.caller, input)
      }),
    save: signedIn
      .input(
        z.strictObject({
          id: id.optional(),
          revision: revision.optional(),
          name: title,
          definition: definitionIn,
          collection_id: id.nullable().optional(),
          idempotencyKey,
        }),
      )
      .output(pipelineWithDefinition)
      .mutation(async ({ ctx, input }) => {
        await definitions.admit(ctx, input.definition)
        return withDefinition(await pipelines.save(ctx.caller, input))
      }),
    list: signedIn
      .input(z.strictObject({ collection_id: id.optional(), ...pageQuery }))
      .output(pageOf(pipelineDto))
      .query(async ({ ctx, input }) => {
        const { rows, next } = await pipelines.list(ctx.caller, input)
        return { items: rows.map(pipelineOf), next }
      }),
    get: signedIn
      .input(z.strictObject({ id, version: z.int().min(1).optional() }))
      .output(pipelineWithDefinition)
      .query(async ({ ctx, input }) => withDefinition(await pipelines.get(ctx.caller, input))),
  })
}

function pipelineOf({ _id, created_at, bytes: _, ...rest }: SavedPipeline): z.infer<typeof pipelineDto> {
  return { id: _id, ...rest, created_at: created_at.toISOString() }
}

function withDefinition({ pipeline, number, definition }: PipelineWithDefinition): z.infer<typeof pipelineWithDefinition> {
  return { ...pipelineOf(pipeline), number, definition }
}

import { z } from 'zod'
import { parsePageSelection } from '../artifact/page-selection.ts'
import { isImageDocError, type Json } from '../errors/error.ts'

const name = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const id = z.string().max(100).regex(name, 'Use letters, digits, dot, dash and underscore, beginning with a letter or digit.')
const json = z.json() as unknown as z.ZodType<Json>

/** What a step does when it fails on a page. */
export const onErrorModes = ['fail', 'skip', 'pass'] as const

/** Which pages an entry of `perPage` is for. */
const pages = z
  .string()
  .max(20_000)
  .check(({ value, issues }) => {
    try {
      parsePageSelection(value)
    } catch (error) {
      if (!isImageDocError(error)) throw error
      issues.push({ code: 'custom', input: value, message: error.message })
    }
  })

const perPageEntry = z
  .strictObject({
    pages: pages.meta({
      description: 'Numbers from 1, ranges, "odd", "even", "-1" (the last) or page ids, separated by commas: "1,3-5,-1".',
    }),
    with: z.record(z.string(), json).optional().meta({ description: 'Parameters that replace those of the step on these pages.' }),
    skip: z.literal(true).optional().meta({ description: 'The step passes these pages on as they are.' }),
  })
  .refine((entry) => (entry.with === undefined) !== (entry.skip === undefined), 'Write either "with" or "skip": true.')
  .meta({ oneOf: [{ required: ['with'] }, { required: ['skip'] }] })

/** The fields of a step, each with what an editor shows of it. */
export const stepSchema = z.strictObject({
  id: id.optional().meta({ description: 'Name of the step. Default: what it uses, then with -2, -3, …' }),
  use: z.string().meta({ description: 'The operation, for example image.crop.' }),
  with: z.record(z.string(), json).optional().meta({ description: 'The parameters of the operation.' }),
  from: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .meta({ description: 'The step (or "input") whose result it takes, or one by port. Default: the step before.' }),
  perPage: z
    .array(perPageEntry)
    .max(2000)
    .optional()
    .meta({ description: 'What the step does otherwise on some pages. A later entry wins over an earlier one, parameter by parameter.' }),
  onError: z.enum(onErrorModes).optional().meta({ description: 'fail (default), skip the page, or pass the input on.' }),
  timeoutMs: z.int().min(1).max(86_400_000).optional().meta({ description: 'Milliseconds for one page and attempt.' }),
  retries: z.int().min(0).max(10).optional().meta({ description: 'Further attempts after a retryable failure; network engines only.' }),
  cache: z.boolean().optional().meta({ description: 'Keep the result (true) or not (false), whatever the default.' }),
  engine: z.string().optional().meta({ description: 'The engine to use. Default: auto, the first that is available.' }),
})

/** The pipeline definition as a schema: the source of `pipeline.schema.json`. */
export const pipelineSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  name: z.string().max(200).optional(),
  inputs: z
    .record(id, z.strictObject({ kind: z.string() }))
    .optional()
    .meta({ description: 'Inputs beside the document, which is always called "input".' }),
  steps: z.array(stepSchema).min(1).max(10_000),
  outputs: z
    .record(
      z
        .string()
        .max(200)
        .regex(
          name,
          'Use a file name without folders, of letters (a to z), digits, dot, dash and underscore, beginning with a letter or digit.',
        ),
      z.string(),
    )
    .optional()
    .meta({ description: 'File name to step. Default: <id of the last step>.<extension of its kind>.' }),
})

/** What a step does otherwise on some pages: with parameters in the place of its own, or it passes the pages on. */
export interface PerPageEntry {
  /** `1,3-5`, `odd`, `even`, `-1` (the last page), `5-` (to the end) or a page id; of the first expansion, counted from 1. */
  pages: string
  /** Exactly one of `with` and `skip` is given. */
  with?: Record<string, Json> | undefined
  skip?: true | undefined
}

/** One use of an operation. */
export interface StepDefinition {
  id?: string | undefined
  use: string
  with?: Record<string, Json> | undefined
  from?: string | Record<string, string> | undefined
  /** Later entries win over earlier ones, parameter by parameter. */
  perPage?: PerPageEntry[] | undefined
  onError?: 'fail' | 'skip' | 'pass' | undefined
  timeoutMs?: number | undefined
  retries?: number | undefined
  cache?: boolean | undefined
  engine?: string | undefined
}

/** The JSON definition of a pipeline. */
export interface PipelineDefinition {
  $schema?: string | undefined
  version: 1
  name?: string | undefined
  inputs?: Record<string, { kind: string }> | undefined
  steps: StepDefinition[]
  /** Name -> step id. */
  outputs?: Record<string, string> | undefined
}

/** The document itself. */
export const MAIN_INPUT = 'input'

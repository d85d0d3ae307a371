import { z } from 'zod'
import type { Json } from '../errors/error.ts'
import { type Registry, usableOperations } from '../plugin/registry.ts'
import { pipelineSchema } from './definition.ts'

type JsonObject = { [key: string]: Json }

/** JSON Schema (2020-12) of any pipeline, whatever plugins are installed: the shipped `pipeline.schema.json`. */
export function pipelineJsonSchema(): JsonObject {
  return { title: 'ImageDoc pipeline', ...toJsonSchema(pipelineSchema) }
}

/** JSON Schema of the pipelines that these plugins can run: an editor completes operations, engines and parameters with it. */
export function installedJsonSchema(registry: Registry): JsonObject {
  const schema = pipelineJsonSchema()
  const properties = schema.properties as JsonObject
  const steps = properties.steps as JsonObject
  const step = steps.items as JsonObject
  const operations = usableOperations(registry).map(({ operation }) => operation)
  const cases = operations.map((operation) => ({
    if: { properties: { use: { const: operation.name } }, required: ['use'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      properties: {
        with: paramsJsonSchema(operation.params),
        ...(operation.engines ? { engine: { enum: ['auto', ...operation.engines.map((engine) => engine.id)] } } : {}),
      },
      ...(operation.params.safeParse({}).success ? {} : { required: ['with'] }),
    },
  }))
  const use = { anyOf: operations.map((operation) => ({ const: operation.name, description: operation.summary })) }
  const items = { ...step, properties: { ...(step.properties as JsonObject), use }, allOf: cases }
  return { ...schema, properties: { ...properties, steps: { ...steps, items } } } as JsonObject
}

/** JSON Schema of an operation's parameters as they are written in a pipeline. */
export function paramsJsonSchema(params: z.ZodObject): JsonObject {
  const { $schema: _, ...schema } = toJsonSchema(params)
  return schema
}

function toJsonSchema(schema: z.ZodType): JsonObject {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject
}

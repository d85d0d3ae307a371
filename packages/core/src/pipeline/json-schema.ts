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
  const definitions: JsonObject = { ...(schema.$defs as JsonObject | undefined) }
  const cases = operations.map((operation) => {
    const params = embedded(paramsJsonSchema(operation.params), operation.name, definitions)
    return {
      if: { properties: { use: { const: operation.name } }, required: ['use'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: {
        properties: {
          with: params,
          perPage: { items: { properties: { with: partial(params) } } },
          ...(operation.engines ? { engine: { enum: ['auto', ...operation.engines.map((engine) => engine.id)] } } : {}),
        },
        ...(operation.params.safeParse({}).success ? {} : { required: ['with'] }),
      },
    }
  })
  const use = { anyOf: operations.map((operation) => ({ const: operation.name, description: operation.summary })) }
  const items = { ...step, properties: { ...(step.properties as JsonObject), use }, allOf: cases }
  return { ...schema, properties: { ...properties, steps: { ...steps, items } }, $defs: definitions } as JsonObject
}

/** Some of the parameters: what is left out is as the step says, not the default. */
function partial({ required: _, properties, ...params }: JsonObject): JsonObject {
  const some = Object.entries((properties as JsonObject | undefined) ?? {}).map(([name, schema]) => {
    const { default: _default, ...rest } = schema as JsonObject
    return [name, rest] as const
  })
  return { ...params, properties: Object.fromEntries(some) }
}

/** A schema as a part of another: a reference counts from the whole document, so what it names moves to the top, under a name of its own. */
function embedded({ $defs, ...schema }: JsonObject, name: string, definitions: JsonObject): JsonObject {
  const prefix = `#/$defs/${name}:`
  let namesItself = false
  const moved = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(moved)
    if (typeof value !== 'object' || value === null) return value
    const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, moved(inner)]))
    const { $ref } = value
    if (typeof $ref !== 'string') return copy
    if ($ref === '#') namesItself = true
    return { ...copy, $ref: $ref === '#' ? `${prefix}params` : $ref.replace(/^#\/\$defs\//, prefix) }
  }
  for (const [key, definition] of Object.entries(($defs as JsonObject | undefined) ?? {})) definitions[`${name}:${key}`] = moved(definition)
  const own = moved(schema) as JsonObject
  if (namesItself) definitions[`${name}:params`] = own
  return own
}

/** JSON Schema of an operation's parameters as they are written in a pipeline. */
export function paramsJsonSchema(params: z.ZodObject): JsonObject {
  const { $schema: _, ...schema } = toJsonSchema(params)
  return schema
}

function toJsonSchema(schema: z.ZodType): JsonObject {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject
}

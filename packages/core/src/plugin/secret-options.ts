import { z } from 'zod'
import type { Json } from '../errors/error.ts'

/** Drops every property and element whose schema says `.meta({ secret: true })`, at any depth: what threads, children and receipts may see. */
export function withoutSecrets(value: Json | undefined, schema: z.ZodType | undefined): Json | undefined {
  if (schema === undefined || value === undefined || value === null) return value
  const layers = layersOf(schema)
  if (layers.some((layer) => layer.meta()?.['secret'] === true)) return undefined
  if (typeof value !== 'object') return value
  const inner = Array.isArray(value)
    ? value.map((item, index) => keep(item, schemasAt(layers, index)))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, keep(item, schemasAt(layers, key))]))
  if (Array.isArray(inner)) return inner.filter((item) => item !== undefined)
  return Object.fromEntries(Object.entries(inner).filter(([, item]) => item !== undefined)) as Json
}

/** What every schema that may describe the value lets through. */
function keep(value: Json, schemas: readonly z.ZodType[]): Json | undefined {
  let kept: Json | undefined = value
  for (const schema of schemas) kept = withoutSecrets(kept, schema)
  return kept
}

/** A schema with all that it wraps, and the alternatives of a union: where one of them calls it a secret, it is one. */
function layersOf(schema: z.ZodType): z.ZodType[] {
  const { def } = schema as unknown as { def: Wrapping }
  const inside = [def.innerType, def.in, def.out, def.left, def.right, ...(def.options ?? []), def.getter?.()]
  return [schema, ...inside.flatMap((inner) => (inner ? layersOf(inner) : []))]
}

interface Wrapping {
  innerType?: z.ZodType
  in?: z.ZodType
  out?: z.ZodType
  left?: z.ZodType
  right?: z.ZodType
  options?: z.ZodType[]
  getter?: () => z.ZodType
}

function schemasAt(layers: readonly z.ZodType[], key: string | number): z.ZodType[] {
  return layers.flatMap((layer) => {
    if (layer instanceof z.ZodObject)
      return ((layer.shape as Record<string, z.ZodType>)[key] ?? layer.def.catchall ?? []) as z.ZodType | z.ZodType[]
    if (layer instanceof z.ZodArray) return layer.element as z.ZodType
    if (layer instanceof z.ZodTuple) return (layer.def.items[Number(key)] ?? layer.def.rest ?? []) as z.ZodType | z.ZodType[]
    if (layer instanceof z.ZodRecord) return layer.def.valueType as z.ZodType
    return []
  })
}

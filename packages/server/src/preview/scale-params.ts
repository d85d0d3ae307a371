import type { Json } from '@imagedoc/core'

type JsonObject = { [key: string]: Json }

/** How much smaller each edge of the page is made. */
export interface Factor {
  readonly width: number
  readonly height: number
}

/**
 * Parameters for a smaller page: what their schema says is in pixels (`unit: 'px'`) becomes smaller with it, within its bounds, also where it is a
 * default; percentages and all else stay.
 */
export function scaleParams(params: Readonly<Record<string, Json>>, schema: Json, factor: Factor): Record<string, Json> {
  return changed(params, schema, {
    root: schema,
    length: (value, node) => (typeof value === 'number' ? withinBounds(value * factorOf(node, factor), numberIn(node) ?? node) : value),
  }) as Record<string, Json>
}

/** The lengths along an edge of the page that parameters name: pixels, or percentages as such. */
export function lengthsAlong(edge: keyof Factor, params: Readonly<Record<string, Json>>, schema: Json): (number | string)[] {
  const found: (number | string)[] = []
  const note = (value: number | string, node: JsonObject): typeof value => {
    if (node['edge'] === edge) found.push(value)
    return value
  }
  changed(params, schema, { root: schema, length: note })
  return found
}

/** A length that is along no edge is made smaller as the density is. */
function factorOf({ edge }: JsonObject, { width, height }: Factor): number {
  if (edge === 'width') return width
  return edge === 'height' ? height : Math.sqrt(width * height)
}

interface At {
  readonly root: Json
  length(value: number | string, node: JsonObject): number | string
}

function changed(value: Json, schema: Json | undefined, at: At): Json {
  const node = resolved(schema, at.root)
  if (node === undefined) return value
  if (node['unit'] === 'px' && (typeof value === 'number' || typeof value === 'string')) return at.length(value, node)
  for (const variant of variantsOf(node)) {
    const other = changed(value, variant, at)
    if (other !== value) return other
  }
  if (Array.isArray(value)) return keepIfSame(value, changedItems(value, node, at))
  if (typeof value === 'object' && value !== null) return keepIfSame(value, changedMembers(value, node, at))
  return value
}

function changedItems(value: readonly Json[], node: JsonObject, at: At): Json[] {
  const first = Array.isArray(node['prefixItems']) ? node['prefixItems'] : []
  return value.map((item, index) => changed(item, first[index] ?? node['items'], at))
}

function changedMembers(value: JsonObject, node: JsonObject, at: At): JsonObject {
  const properties = objectOf(node['properties']) ?? {}
  const given = Object.entries(value).map(([name, member]) => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : node['additionalProperties']
    return [name, changed(member, schema, at)] as const
  })
  return Object.fromEntries([...given, ...changedDefaults(value, properties, at)])
}

/** A default in pixels is one of the full size. */
function changedDefaults(value: JsonObject, properties: JsonObject, at: At): [string, Json][] {
  return Object.entries(properties).flatMap(([name, schema]): [string, Json][] => {
    const preset = resolved(schema, at.root)?.['default']
    if (preset === undefined || Object.hasOwn(value, name)) return []
    const other = changed(preset, schema, at)
    return other === preset ? [] : [[name, other]]
  })
}

/** The same object when nothing in it changed: that is how a variant which does not fit is told. */
function keepIfSame<Value extends Json>(value: Value, other: Value): Value {
  return JSON.stringify(other) === JSON.stringify(value) ? value : other
}

function withinBounds(value: number, node: JsonObject): number {
  const whole = node['type'] === 'integer'
  const least = numberOf(node['minimum']) ?? (whole ? (numberOf(node['exclusiveMinimum']) ?? Number.NEGATIVE_INFINITY) + 1 : undefined)
  const bounded = Math.max(whole ? Math.round(value) : value, least ?? Number.NEGATIVE_INFINITY)
  return Math.min(bounded, numberOf(node['maximum']) ?? Number.POSITIVE_INFINITY)
}

/** Of "a number or a percentage" the number. */
function numberIn(node: JsonObject): JsonObject | undefined {
  return variantsOf(node)
    .map(objectOf)
    .find((variant) => variant?.['type'] === 'number' || variant?.['type'] === 'integer')
}

function variantsOf(node: JsonObject): Json[] {
  return ['anyOf', 'oneOf', 'allOf'].flatMap((key) => (Array.isArray(node[key]) ? node[key] : []))
}

function resolved(schema: Json | undefined, root: Json): JsonObject | undefined {
  const node = objectOf(schema)
  const reference = node?.['$ref']
  if (typeof reference !== 'string') return node
  if (reference === '#') return objectOf(root)
  const definitions = objectOf(objectOf(root)?.['$defs'])
  return objectOf(definitions?.[reference.replace(/^#\/\$defs\//, '')])
}

const objectOf = (value: Json | undefined): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined

const numberOf = (value: Json | undefined): number | undefined => (typeof value === 'number' ? value : undefined)

import type { Json, OperationInfo } from '@imagedoc/core'
import { textTable } from './text-table.ts'

/** The page of one operation: what it takes and gives, its parameters, its engines, a step that uses it. */
export function operationText({
  name,
  summary,
  version,
  plugin,
  inputs,
  namedInputs,
  output,
  params,
  engines,
  example,
}: OperationInfo): string[] {
  const taken = inputs.map((port) => (namedInputs ? `${port.name}: ${port.words}` : port.words)).join(', ')
  return [
    `${name}  (${plugin}, version ${version})`,
    summary,
    '',
    `Takes   ${taken}`,
    `Gives   ${output.words}`,
    ...(engines.length === 0 ? [] : [`Engines ${engines.map(({ id, network }) => (network ? `${id} (on the network)` : id)).join(', ')}`]),
    '',
    ...parameterLines(params),
    '',
    'Example step:',
    ...JSON.stringify(exampleStep(example, namedInputs ? inputs.filter(({ optional }) => !optional) : []), null, 2)
      .split('\n')
      .map((line) => `  ${line}`),
  ]
}

function exampleStep(example: OperationInfo['example'], inputs: OperationInfo['inputs']) {
  if (inputs.length === 0) return example
  return { ...example, from: Object.fromEntries(inputs.map(({ name, kinds }) => [name, `<a step that gives ${kinds.join(' or ')}>`])) }
}

type Schema = { [key: string]: Json }

function parameterLines(params: Json): string[] {
  const { properties = {}, required = [] } = (params ?? {}) as { properties?: Record<string, Schema>; required?: string[] }
  const rows = Object.entries(properties).map(([name, schema]) => [
    `  ${name}`,
    typeInWords(schema),
    schema.default === undefined ? (required.includes(name) ? 'required' : 'optional') : `default ${JSON.stringify(schema.default)}`,
    String(schema.description ?? ''),
  ])
  return rows.length === 0 ? ['It has no parameters.'] : ['Parameters:', ...textTable(rows)]
}

/** `number 0 to 10, px`: type, bounds and unit of a parameter. */
export function typeInWords(schema: Schema): string {
  const unit = typeof schema.unit === 'string' ? `, ${schema.unit}` : ''
  return `${bareType(schema)}${unit}`
}

function bareType(schema: Schema): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const union = schema.anyOf ?? schema.oneOf
  if (Array.isArray(union)) return [...new Set(union.map((member) => bareType(member as Schema)))].join(' | ')
  if (schema.type === 'array') return `list of ${bareType((schema.items ?? {}) as Schema)}${bounds(schema.minItems, schema.maxItems)}`
  if (schema.type === 'integer' || schema.type === 'number') {
    const low = schema.minimum ?? (schema.exclusiveMinimum === undefined ? undefined : `>${String(schema.exclusiveMinimum)}`)
    const high = schema.maximum ?? (schema.exclusiveMaximum === undefined ? undefined : `<${String(schema.exclusiveMaximum)}`)
    return `${schema.type === 'integer' ? 'whole number' : 'number'}${bounds(low, high)}`
  }
  if (schema.type === 'string') return typeof schema.format === 'string' ? `text (${schema.format})` : 'text'
  return typeof schema.type === 'string' ? schema.type : 'any'
}

/** zod writes the safe integers as the bounds of any integer; they say nothing. */
function bounds(low: Json | undefined, high: Json | undefined): string {
  const says = (bound: Json | undefined): bound is Json => bound !== undefined && Math.abs(Number(bound)) !== Number.MAX_SAFE_INTEGER
  if (says(low) && says(high)) return ` ${String(low)} to ${String(high)}`
  if (says(low)) return ` from ${String(low)}`
  return says(high) ? ` up to ${String(high)}` : ''
}

import { createImageDoc, type Json, type OperationInfo } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import ocr from '@imagedoc/plugin-ocr'
import pdf from '@imagedoc/plugin-pdf'
import translate from '@imagedoc/plugin-translate'

type Schema = { [key: string]: Json }

/** `docs/operations.md`: every operation of the four plugins, from their schemas. */
export async function operationsPage(): Promise<string> {
  await using imagedoc = createImageDoc({ plugins: [image(), pdf(), ocr(), translate()] })
  const operations = imagedoc.operations()
  const plugins = [...new Set(operations.map((operation) => operation.plugin))]
  const sections = plugins.map(
    (plugin) =>
      `## ${plugin}\n\n${operations
        .filter((operation) => operation.plugin === plugin)
        .map(section)
        .join('\n')}`,
  )
  return `# Operations

Lengths in pixels may also be written as a percentage of the edge ("12.5%"); angles are degrees clockwise; colours are #rrggbb or #rrggbbaa.
\`imagedoc operations NAME\` shows the same for what is installed.

${sections.join('\n')}
This page is generated from the operations' schemas by \`pnpm generate\`.
`
}

function section(operation: OperationInfo): string {
  const inputs = operation.inputs.map((port) => (operation.namedInputs ? `\`${port.name}\`: ${port.words}` : port.words)).join(', ')
  const lines = [`### \`${operation.name}\``, '', operation.summary, '', `Takes ${inputs}; gives ${operation.output.words}.`]
  if (operation.engines.length > 0)
    lines.push('', `Engines: ${operation.engines.map((engine) => `\`${engine.id}\`${engine.network ? ' (network)' : ''}`).join(', ')}.`)
  const params = Object.entries(((operation.params as Schema).properties ?? {}) as Schema)
  const required = ((operation.params as Schema).required ?? []) as string[]
  if (params.length > 0) {
    lines.push('', '| parameter | type | default | meaning |', '|---|---|---|---|')
    for (const [name, schema] of params) lines.push(row(name, schema as Schema, required.includes(name)))
  }
  return `${lines.join('\n')}\n\n\`\`\`json\n${JSON.stringify(operation.example)}\n\`\`\`\n`
}

function row(name: string, schema: Schema, required: boolean): string {
  const fallback = schema.default === undefined ? (required ? '(required)' : '') : `\`${JSON.stringify(schema.default)}\``
  const meaning = String(schema.description ?? '')
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
  return `| \`${name}\` | ${typeOf(schema)} | ${fallback} | ${meaning} |`
}

/** The type with its bounds, in few words. */
function typeOf(schema: Schema): string {
  if (schema.enum) return (schema.enum as Json[]).map((value) => `\`${JSON.stringify(value)}\``).join(' \\| ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  const members = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
  if (members) return [...new Set(members.map(typeOf))].join(' or ')
  if (schema.type === 'array') return `list of ${typeOf((schema.items ?? {}) as Schema)}`
  const low = schema.minimum ?? schema.exclusiveMinimum
  const high = schema.maximum ?? schema.exclusiveMaximum
  const edge = (value: Json | undefined): boolean => typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER
  const bounds = [
    edge(low) ? `${schema.minimum === undefined ? '>' : '≥'} ${String(low)}` : '',
    edge(high) ? `${schema.maximum === undefined ? '<' : '≤'} ${String(high)}` : '',
  ]
    .filter(Boolean)
    .join(', ')
  const unit = typeof schema.unit === 'string' ? ` ${schema.unit}` : ''
  return `${String(schema.type ?? 'any')}${unit}${bounds ? ` ${bounds}` : ''}`
}

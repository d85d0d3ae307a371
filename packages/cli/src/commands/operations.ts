import { errorCodes, type OperationInfo } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { suggest } from '../arguments/suggest.ts'
import { openImageDoc } from '../configuration/open-image-doc.ts'
import { operationText } from '../report/operation-text.ts'
import { write, writeError, writeJson } from '../report/streams.ts'
import { textTable } from '../report/text-table.ts'

/** `imagedoc operations [NAME]`, generated from what the plugins declare. */
export async function operations({ values, positionals: [name] }: Parsed<'operations'>): Promise<number> {
  await using imagedoc = await openImageDoc({ ...values, withoutCache: true, uses: name?.includes('.') ? [name] : undefined })
  const all = imagedoc.operations()
  if (name === undefined) {
    if (values.json) writeJson({ operations: all })
    else write(list(all).join('\n'))
    return 0
  }
  const found = all.find((operation) => operation.name === name)
  if (!found) {
    const names = all.map((operation) => operation.name)
    const part = names.find((candidate) => candidate.endsWith(`.${name}`))
    writeError(
      `NOT_FOUND: There is no operation "${name}".${part ? ` Did you mean "${part}"?` : suggest(name, names)}\nSee imagedoc operations.`,
    )
    return errorCodes.NOT_FOUND.exit
  }
  if (values.json) writeJson(found)
  else write(operationText(found).join('\n'))
  return 0
}

function list(all: readonly OperationInfo[]): string[] {
  const width = Math.max(...all.map(({ name }) => name.length))
  const plugins = [...new Set(all.map(({ plugin }) => plugin))]
  return [
    ...plugins.flatMap((plugin) => [
      plugin,
      ...textTable(all.filter((operation) => operation.plugin === plugin).map(({ name, summary }) => [`  ${name.padEnd(width)}`, summary])),
      '',
    ]),
    'More on one: imagedoc operations NAME.',
  ]
}

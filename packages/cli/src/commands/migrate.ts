import type { Parsed } from '../arguments/parse.ts'
import { environmentWith } from '../configuration/server-process.ts'
import { write, writeJson } from '../report/streams.ts'

const options = { command: 'migrate', settings: { data: 'dataFolder' } } as const

/** `imagedoc migrate`. */
export async function migrate({ values }: Parsed<'migrate'>): Promise<number> {
  const module = await import('@imagedoc/server')
  const { place, tables } = await module.migrateDatabase({ environment: environmentWith(values, options, module) })
  if (values.json) writeJson({ place, tables })
  else write(`The database in ${place} is up to date: ${tables.length} tables.`)
  return 0
}

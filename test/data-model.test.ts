import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../scripts/workspace-packages.ts'

const records = globSync('packages/server/src/records/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
const page = readFileSync(join(root, 'docs/data-model.md'), 'utf8')

/** The page's section on a table. */
function sectionOn(table: string): string {
  return page.split(/^## /m).find((section) => section.startsWith(`\`${table}\``)) ?? ''
}

const tables = records.flatMap((text) =>
  [...text.matchAll(/TableDefinition<(\w+)> = \{\s*name: '(\w+)'/g)].map(([, type = '', name = '']) => {
    const body = new RegExp(`export interface ${type} extends [^{]*\\{([\\s\\S]*?)^\\}`, 'm').exec(text)?.[1] ?? ''
    const fields = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field = '']) => field)
    return { name, fields }
  }),
)

it('the page on the data model has every table of the server, with every field', () => {
  expect(tables.length).toBeGreaterThan(10)
  const missing = tables.flatMap(({ name, fields }) =>
    ['', ...fields].filter((field) => !sectionOn(name).includes(`\`${field || name}\``)).map((field) => `${name}.${field}`),
  )
  expect(missing).toEqual([])
})

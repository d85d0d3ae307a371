// Inserts, changes and deletes rows until its process is killed; says what it does with every line.
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { crashing, rowOf } from './crashing-table.ts'

const [path = '', seed = '0'] = process.argv.slice(2)
await using store = createSqliteMetadataStore({ path, exclusive: process.argv[4] !== 'shared' })
await store.migrate([crashing])
const table = store.table(crashing)
const first = Number(seed)
process.stdout.write('begun\n')

for (let i = first; ; i++) {
  await table.insert(rowOf(i))
  const earlier = await table.get(rowOf(Math.max(first, i - 3))._id)
  if (earlier) await table.replaceIf({ ...earlier, tags: [`t${i % 5}`, 'all', `t${i % 7}`], value: `${i}` })
  if (i % 4 === 0) await table.delete(rowOf(Math.max(first, i - 9))._id)
  process.stdout.write(`${i}\n`)
}

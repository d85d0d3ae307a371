// A page of a collection's documents through the embedded database, as the server lists them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Stored, Table, TableDefinition } from '@imagedoc/core'
import { createSqliteMetadataStore } from '@imagedoc/server'
import { atMost, format, type Measure } from '../harness/figure.ts'

const PAGE = 50
const DOCUMENTS = 10_000

/** As large as a document's row, and with its indexes. */
interface Row extends Stored {
  readonly collection_id: string
  readonly title: string
  readonly metadata: Readonly<Record<string, string>>
  readonly original: { readonly mediaType: string; readonly digest: string; readonly size: number }
  readonly deleted_at: Date | null
}
const table: TableDefinition<Row> = {
  name: 'documents',
  indexes: {
    by_collection: { fields: ['collection_id', 'deleted_at', 'created_at'] },
    by_title: { fields: ['collection_id', 'deleted_at', 'title'] },
    by_deletion: { fields: ['deleted_at'] },
    by_original: { fields: ['original.digest'] },
  },
}

export const measure: Measure = async ({ quick }) => {
  const documents = quick ? 500 : DOCUMENTS
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  try {
    await using store = createSqliteMetadataStore({ path: join(folder, 'imagedoc.db') })
    await store.migrate([table])
    const rows = store.table(table)
    // Two collections, one among the other.
    for (let i = 0; i < 2 * documents; i++) await rows.insert(rowOf(i, i % 2 ? 'measured' : 'another'))
    const times = await pages(rows, quick ? 40 : 2000)
    const at = (share: number): number => times[Math.floor(share * times.length)] ?? Number.NaN
    const what = `Embedded database: a page of ${PAGE} of ${documents} documents of a collection, 95th of 100`
    return [
      atMost(
        what,
        { bound: 15, unit: 'ms' },
        { number: at(0.95), detail: `median ${format(at(0.5))} ms, ${times.length} pages, newest first` },
      ),
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Milliseconds of each page, the shortest first; the list is read to its end and begun again. */
async function pages(rows: Table<Row>, count: number): Promise<number[]> {
  const times: number[] = []
  let after: string | null = null
  while (times.length < count) {
    const query = { index: 'by_collection', equals: ['measured', null], order: 'descending', limit: PAGE } as const
    const start = performance.now()
    const page = await rows.list(after === null ? query : { ...query, after })
    times.push(performance.now() - start)
    if (page.rows.length !== PAGE) throw new Error(`a page of ${page.rows.length} rows`)
    after = page.next
  }
  return times.toSorted((a, b) => a - b)
}

function rowOf(i: number, collection_id: string): Row {
  const number = i.toString(16)
  return {
    _id: number.padStart(24, '0'),
    revision: 0,
    created_at: new Date(Date.UTC(2026, 0, 1) + i * 1000),
    collection_id,
    title: `Letter ${i} to the governor of the province`,
    metadata: { author: 'Unknown', date: '1755-11-01', language: 'pt', note: 'water damage along the fold '.repeat(4) },
    original: { mediaType: 'image/tiff', digest: `sha256:${number.padStart(64, '0')}`, size: 25_000_000 },
    deleted_at: null,
  }
}

import { DatabaseSync } from 'node:sqlite'
import type { Stored, TableDefinition } from '@imagedoc/core'
import { decodeRow } from '../../src/drivers/rows/row-json.ts'
import { entryKeys } from '../../src/drivers/sqlite/index-entries.ts'

interface CrashingRow extends Stored {
  readonly name: string
  readonly value: string
  readonly tags: readonly string[]
  readonly text: string
}

/** What a process writes to when it is killed. */
export const crashing: TableDefinition<CrashingRow> = {
  name: 'crashing',
  indexes: { by_name: { fields: ['name'], unique: true }, by_value: { fields: ['value', 'created_at'] }, by_tag: { fields: ['tags'] } },
}

export function rowOf(number: number): CrashingRow {
  const _id = number.toString(16).padStart(24, '0')
  return {
    _id,
    revision: 0,
    created_at: new Date(number),
    name: `n${number}`,
    value: `${number % 10}`,
    tags: ['all'],
    text: 'x'.repeat(2000),
  }
}

/** Rows that stand in an index too often, too rarely or wrongly, and entries of rows that are not there; how many rows there are. */
export function inspect(path: string): { rows: number; problems: string[] } {
  using database = new DatabaseSync(path, { timeout: 5000 })
  const problems: string[] = []
  const integrity = database.prepare('PRAGMA integrity_check').all()
  if (integrity.length !== 1 || integrity[0]!['integrity_check'] !== 'ok') problems.push(JSON.stringify(integrity))
  const rows = database.prepare('SELECT number, _id, revision, body FROM crashing').all()
  const bodies = rows.map(({ number, body }) => ({ number, row: decodeRow<CrashingRow>(body as string) }))
  for (const [i, { row }] of bodies.entries()) {
    if (row._id !== rows[i]!['_id'] || row.revision !== rows[i]!['revision']) problems.push(`${row._id} differs from its columns`)
  }
  for (const [name, index] of Object.entries(crashing.indexes)) {
    const found = database.prepare(`SELECT key, number FROM "crashing.${name}"`).all()
    const there = found.map((entry) => `${Buffer.from(entry['key'] as Uint8Array).toString('hex')} ${entry['number']}`)
    const wanted = bodies.flatMap(({ number, row }) => entryKeys(index, row).map((key) => `${key.toString('hex')} ${number}`))
    const [had, should] = [new Set(there), new Set(wanted)]
    for (const entry of wanted) if (!had.has(entry)) problems.push(`${name} lacks ${entry}`)
    for (const entry of there) if (!should.has(entry)) problems.push(`${name} has ${entry}`)
  }
  return { rows: rows.length, problems }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { crashing, inspect, rowOf } from './crashing-table.ts'

const writer = fileURLToPath(new URL('./write-until-killed.ts', import.meta.url))
let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'imagedoc-crash-'))
})
afterAll(async () => rm(root, { recursive: true }))

function start(path: string, ...options: string[]): ChildProcess {
  return spawn(process.execPath, ['--conditions=@imagedoc/source', writer, path, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Waits for so many lines, and gives the last that was written whole before the process was gone. */
async function killedAfter(child: ChildProcess, lines: number): Promise<string> {
  const gone = once(child, 'exit')
  const seen: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    seen.push(line)
    if (seen.length === lines) child.kill('SIGKILL')
  }
  expect((await gone)[1]).toBe('SIGKILL')
  return seen.at(-1)!
}

it('keeps rows and their index entries in step when the process is killed in the middle of many writes', async () => {
  const path = join(root, 'killed.db')
  let rows = 0
  for (const round of [0, 1, 2, 3]) {
    const last = Number(await killedAfter(start(path, `${round * 100_000}`), 300 + 37 * round))
    const found = inspect(path)
    expect(found.problems).toEqual([])
    expect(found.rows).toBeGreaterThan(rows)
    rows = found.rows
    // What was reported is there: a killed process loses nothing that it was told is written.
    await using store = createSqliteMetadataStore({ path })
    await store.migrate([crashing])
    expect(await store.table(crashing).get(rowOf(last)._id)).toMatchObject({ name: `n${last}` })
    expect(await store.table(crashing).count('by_tag', ['all'])).toBe(rows)
  }
})

it('finds entries that are not in step', async () => {
  const path = join(root, 'damaged.db')
  await using store = createSqliteMetadataStore({ path })
  await store.migrate([crashing])
  for (let i = 0; i < 3; i++) await store.table(crashing).insert(rowOf(i))
  expect(inspect(path)).toEqual({ rows: 3, problems: [] })
  using database = new DatabaseSync(path)
  database.exec('DELETE FROM "crashing.by_name" WHERE number = 1; DELETE FROM crashing WHERE number = 3')
  expect(inspect(path).problems).toHaveLength(1 + 3)
})

it('refuses a database that another process holds, until that is killed', async () => {
  const path = join(root, 'held.db')
  const child = start(path)
  await once(child.stdout!, 'data')
  await using store = createSqliteMetadataStore({ path })
  await expect(store.migrate([crashing])).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('in use') })
  const gone = once(child, 'exit')
  child.stdout!.resume()
  child.kill('SIGKILL')
  await gone
  await store.migrate([crashing])
  await store.ping()
})

it('waits for the writes of other processes instead of failing', async () => {
  const path = join(root, 'shared.db')
  await using store = createSqliteMetadataStore({ path, exclusive: false })
  await store.migrate([crashing])
  const table = store.table(crashing)
  const children = [1, 2].map((i) => start(path, `${i * 1_000_000}`, 'shared'))
  const done = Promise.all(children.map((child) => killedAfter(child, 400)))
  for (let i = 0; i < 400; i++) {
    await table.insert(rowOf(i))
    await new Promise(setImmediate)
  }
  await done
  const { problems, rows } = inspect(path)
  expect(problems).toEqual([])
  expect(rows).toBeGreaterThan(400 + 2 * 250)
  for (let i = 0; i < 400; i++) expect(await table.get(rowOf(i)._id)).toEqual(rowOf(i))
})

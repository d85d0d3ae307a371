import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describeMetadataStoreContract } from '@imagedoc/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { translated } from '../../src/drivers/sqlite/errors.ts'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'

let root: string
let path: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'imagedoc-sqlite-'))
})
afterAll(async () => rm(root, { recursive: true }))

describeMetadataStoreContract('SQLite in memory', { create: async () => createSqliteMetadataStore({ path: ':memory:' }) })

describeMetadataStoreContract('SQLite in a file', {
  async create() {
    path = join(await mkdtemp(join(root, 'store-')), 'imagedoc.db')
    return createSqliteMetadataStore({ path, exclusive: false })
  },
  another: async () => createSqliteMetadataStore({ path, exclusive: false }),
})

describe('the file of a SQLite store', () => {
  const fresh = async () => join(await mkdtemp(join(root, 'file-')), 'folder', 'imagedoc.db')
  const users = { name: 'users', indexes: { by_name: { fields: ['name'], unique: true } } }

  it('is made with its folder, for its owner alone', async () => {
    const file = await fresh()
    await using store = createSqliteMetadataStore({ path: file })
    await store.migrate([users])
    for (const name of ['', '-wal', '.lock']) expect((await stat(`${file}${name}`)).mode & 0o777).toBe(0o600)
  })

  it('is opened at the first call, and not when it is never used', async () => {
    const file = await fresh()
    await createSqliteMetadataStore({ path: file })[Symbol.asyncDispose]()
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is refused to a second store, also by another of its names, until the first is disposed of', async () => {
    const file = await fresh()
    const first = createSqliteMetadataStore({ path: file })
    await first.ping()
    await symlink(file, `${file}-link`)
    await using second = createSqliteMetadataStore({ path: `${file}-link` })
    await expect(second.ping()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('another process') })
    await first.migrate([users])
    await first[Symbol.asyncDispose]()
    await second.migrate([users])
  })

  it('is read beside the store that has it exclusively, by one that sees every write and makes none', async () => {
    const file = await fresh()
    await using store = createSqliteMetadataStore({ path: file })
    await store.migrate([users])
    await using reader = createSqliteMetadataStore({ path: file, readOnly: true })
    await reader.migrate([users])
    const row = { _id: 'a', revision: 0, created_at: new Date(), name: 'ana' }
    await store.table(users).insert(row)
    expect(await reader.table(users).list({ index: 'by_name', limit: 1 })).toMatchObject({ rows: [row] })
    await expect(reader.table(users).delete('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await store.table(users).get('a')).toEqual(row)
  })

  it('is not read where its tables are those of another version, and nothing is made where there is none', async () => {
    const file = await fresh()
    await using none = createSqliteMetadataStore({ path: file, readOnly: true })
    await expect(none.ping()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('no database here') })
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' })
    await createAndClose(file)
    await using reader = createSqliteMetadataStore({ path: file, readOnly: true })
    const changed = { ...users, indexes: { ...users.indexes, by_age: { fields: ['created_at'] } } }
    await expect(reader.migrate([changed])).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('another version of ImageDoc'),
    })
  })

  it('is refused when a newer ImageDoc wrote it, and left as it is', async () => {
    const file = await fresh()
    await createAndClose(file)
    change(file, 'PRAGMA user_version = 2')
    await using store = createSqliteMetadataStore({ path: file })
    await expect(store.migrate([users])).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('newer ImageDoc'),
    })
    change(file, 'PRAGMA user_version = 1')
    await store.migrate([users])
  })

  it("is refused when it is another application's, and left as it is", async () => {
    const file = join(root, 'other.db')
    change(file, 'CREATE TABLE theirs (a)')
    const before = await readFile(file)
    await using store = createSqliteMetadataStore({ path: file })
    await expect(store.ping()).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    expect((await readFile(file)).equals(before)).toBe(true)
  })

  it.each([
    ['no database', async (file: string) => writeFile(file, 'not a database at all, but long enough to have a header'.repeat(50)), false],
    ['a folder', async (file: string) => void (await mkdir(file)), true],
  ])('that is %s is STORE_UNAVAILABLE without naming the path', async (what, make, retryable) => {
    const file = join(root, what.replace(' ', '-'))
    await make(file)
    await using store = createSqliteMetadataStore({ path: file })
    const error = await store.ping().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable })
    expect(String(error)).not.toContain(root)
  })

  it('that cannot be made is STORE_UNAVAILABLE without naming the path', async () => {
    await writeFile(join(root, 'plain'), '')
    await using store = createSqliteMetadataStore({ path: join(root, 'plain', 'imagedoc.db') })
    const error = await store.ping().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(String(error)).not.toContain(root)
  })

  it('that another holds for writing is STORE_UNAVAILABLE, and nothing is half written', async () => {
    const file = await fresh()
    await using store = createSqliteMetadataStore({ path: file })
    await store.migrate([users])
    const holder = new DatabaseSync(file)
    holder.exec('BEGIN IMMEDIATE')
    const row = { _id: 'a', revision: 0, created_at: new Date(), name: 'ann' }
    await expect(store.table(users).insert(row)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    holder.exec('ROLLBACK')
    holder.close()
    await store.table(users).insert(row)
    expect(await store.table(users).count('by_name')).toBe(1)
  })

  it('whose disk is full is STORE_FULL', () => {
    using database = new DatabaseSync(':memory:')
    database.exec('PRAGMA max_page_count = 10; CREATE TABLE a (b)')
    const fill = () => database.prepare('INSERT INTO a VALUES (zeroblob(1000000))').run()
    expect(translated(caught(fill))).toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining('full') })
  })

  async function createAndClose(file: string): Promise<void> {
    await using store = createSqliteMetadataStore({ path: file })
    await store.migrate([users])
  }

  function change(file: string, sql: string): void {
    using database = new DatabaseSync(file)
    database.exec(sql)
  }

  function caught(call: () => unknown): unknown {
    try {
      return call()
    } catch (error) {
      return error
    }
  }
})

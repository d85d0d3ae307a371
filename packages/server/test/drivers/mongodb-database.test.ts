import { once } from 'node:events'
import { inspect } from 'node:util'
import type { Stored, TableDefinition } from '@imagedoc/core'
import { MongoClient, MongoServerError, ObjectId } from 'mongodb'
import { afterAll, describe, expect, it } from 'vitest'
import { alone } from '../../src/drivers/mongodb/alone.ts'
import { createMongodbConnection } from '../../src/drivers/mongodb/connection.ts'
import { translating } from '../../src/drivers/mongodb/errors.ts'
import { createMongodbMetadataStore } from '../../src/drivers/mongodb/metadata-store.ts'
import { openLine } from '../support/line.ts'
import { freshDatabases, mongodbUrl, noMongodb, nowhere } from '../support/mongodb.ts'

interface Item extends Stored {
  readonly [member: string]: unknown
}

const items: TableDefinition<Item> = {
  name: 'items',
  indexes: { by_owner: { fields: ['user_id', 'title'] }, by_name: { fields: ['name'], unique: true } },
}
const hex = (i: number) => i.toString(16).padStart(24, '0')
const itemOf = (i: number, members: object = {}): Item => ({ _id: hex(i), revision: 0, created_at: new Date(i), ...members })

const server = mongodbUrl()

describe.skipIf(!server)(noMongodb ?? 'A database of MongoDB', () => {
  const fresh = freshDatabases(server ?? nowhere)
  const client = new MongoClient(server ?? nowhere)
  afterAll(async () => client.close())

  it('holds rows under their own names: ids and references as ObjectId, dates as dates, and what indexes need beside them', async () => {
    const { name, url } = fresh()
    await using store = createMongodbMetadataStore({ url })
    await store.migrate([items])
    await store.table(items).insert(itemOf(1, { user_id: hex(7), title: 'a\u{1f600}', name: 'n', list: [{ by_id: hex(8) }] }))
    expect(await client.db(name).collection('items').findOne()).toEqual({
      _id: new ObjectId(hex(1)),
      revision: 0,
      created_at: new Date(1),
      user_id: new ObjectId(hex(7)),
      title: 'a\u{1f600}',
      name: 'n',
      list: [{ by_id: new ObjectId(hex(8)) }],
      '_sort/user_id': `2${hex(7)}`,
      '_sort/title': '2a\u{1d600}',
      '_sort/name': '2n',
      '_sort/~id': hex(1),
      '_unique/by_name': '2n',
      _shape: expect.stringMatching(/^[0-9a-f]{8}$/),
    })
    const indexes = await client.db(name).collection('items').indexes()
    expect(Object.fromEntries(indexes.map((index) => [index.name, index.key]))).toEqual({
      _id_: { _id: 1 },
      by_owner: { '_sort/user_id': 1, '_sort/title': 1, '_sort/~id': 1 },
      by_name: { '_sort/name': 1, '_sort/~id': 1 },
      'by_name.unique': { '_unique/by_name': 1 },
    })
  })

  it('keeps rows that look like what the driver adds or the protocol means', async () => {
    await using store = createMongodbMetadataStore({ url: fresh().url })
    await store.migrate([items])
    const row = itemOf(1, {
      '_sort/title': 1,
      '_sort/~id': {},
      '_unique/by_name': [],
      _sort: 2,
      _shape: null,
      $set: { a: 1 },
      'a.b': { $gt: '' },
      '~1': '~0',
      body: { _bsontype: 'ObjectId', id: 'x', _id: hex(9), list_id: 'no id' },
    })
    await store.table(items).insert(row)
    expect(await store.table(items).get(row._id)).toEqual(row)
    expect(await store.table(items).replaceIf(row)).toEqual({ ...row, revision: 1 })
    expect(await store.table(items).count('by_owner')).toBe(1)
  })

  it('takes no condition where an id or a revision belongs', async () => {
    await using store = createMongodbMetadataStore({ url: fresh().url })
    await store.migrate([items])
    await store.table(items).insert(itemOf(1))
    const condition = { $ne: null }
    await expect(store.table(items).get(condition as never)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(store.table(items).delete(condition as never)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(store.table(items).delete(hex(1), condition as never)).rejects.toMatchObject({ code: 'USAGE', path: 'revision' })
    await expect(store.table(items).list({ index: 'by_name', equals: [condition as never], limit: 1 })).rejects.toMatchObject({
      code: 'USAGE',
    })
    expect(await store.table(items).get(hex(1))).toEqual(itemOf(1))
  })

  it('refuses a row of more than 16 MiB with USAGE', async () => {
    await using store = createMongodbMetadataStore({ url: fresh().url })
    await store.migrate([items])
    const text = 'x'.repeat(18 * 1024 * 1024)
    await expect(store.table(items).insert(itemOf(1, { text }))).rejects.toMatchObject({ code: 'USAGE' })
  })

  it("is refused when it is another application's, and left as it is", async () => {
    const { name, url } = fresh()
    await client.db(name).collection('theirs').insertOne({ a: 1 })
    await using store = createMongodbMetadataStore({ url })
    await expect(store.migrate([items])).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    expect((await client.db(name).listCollections().toArray()).map((one) => one.name)).toEqual(['theirs'])
  })

  it('is refused when a newer ImageDoc wrote it', async () => {
    const { name, url } = fresh()
    await using store = createMongodbMetadataStore({ url })
    await store.migrate([items])
    const migrations = client.db(name).collection<{ _id: string }>('imagedoc.migrations')
    await migrations.updateOne({ _id: 'imagedoc.database' }, { $set: { format: 2 } })
    await using second = createMongodbMetadataStore({ url })
    const message = expect.stringContaining('newer ImageDoc')
    await expect(second.migrate([items])).rejects.toMatchObject({ code: 'INVALID_CONFIG', message })
  })

  it('is migrated by several processes at once', async () => {
    const { name, url } = fresh()
    const stores = Array.from({ length: 4 }, () => createMongodbMetadataStore({ url }))
    await Promise.all(stores.map((store) => store.migrate([items])))
    await Promise.all(stores.map((store, i) => store.table(items).insert(itemOf(i))))
    expect(await stores[0]!.table(items).count('by_owner')).toBe(4)
    expect(await client.db(name).collection('items').indexes()).toHaveLength(4)
    for (const store of stores) await store[Symbol.asyncDispose]()
  })

  it('is left to another process when this one has lost its turn to migrate', async () => {
    const { name, url } = fresh()
    await using connection = createMongodbConnection(url)
    const turn = alone(await connection.opened(), async (signal) => {
      const locks = client.db(name).collection<{ _id: string }>('imagedoc.locks')
      await locks.updateOne({ _id: 'migration' }, { $set: { holder: 'another process' }, $inc: { revision: 1 } })
      await once(signal, 'abort')
      signal.throwIfAborted()
    })
    await expect(turn).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('lock was lost') })
  })

  it('is completed by the next migration when one was interrupted', async () => {
    const { name, url } = fresh()
    await using store = createMongodbMetadataStore({ url })
    await store.migrate([items])
    for (let i = 0; i < 3; i++) await store.table(items).insert(itemOf(i, { user_id: hex(9), name: `n${i}` }))
    const collection = client.db(name).collection('items')
    await collection.updateMany(
      { name: { $ne: 'n1' } },
      { $unset: { '_sort/user_id': '', '_sort/~id': '', '_unique/by_name': '', _shape: '' } },
    )
    await collection.dropIndex('by_name.unique')
    const migrations = client.db(name).collection<{ _id: string }>('imagedoc.migrations')
    await migrations.updateOne({ _id: 'items' }, { $set: { shape: 'unfinished' } })
    await store.migrate([items])
    expect(await store.table(items).count('by_owner', [hex(9)])).toBe(3)
    await expect(store.table(items).insert(itemOf(9, { name: 'n2' }))).rejects.toMatchObject({ details: { index: 'by_name' } })
  })

  it('keeps an index that somebody else made', async () => {
    const { name, url } = fresh()
    await using store = createMongodbMetadataStore({ url })
    await store.migrate([items])
    await client.db(name).collection('items').createIndex({ title: 1 }, { name: 'of_the_operator' })
    await store.migrate([{ ...items, indexes: {} }])
    const indexes = await client.db(name).collection('items').indexes()
    expect(indexes.map((index) => index.name).toSorted()).toEqual(['_id_', 'of_the_operator'])
  })

  it('says what it is', async () => {
    await using store = createMongodbMetadataStore({ url: fresh().url })
    expect(await store.version()).toMatch(/^(FerretDB v?\d+\.\d+.* \(MongoDB \d+\..*\)|MongoDB \d+\..*)$/)
  })

  it('that is gone is STORE_UNAVAILABLE within seconds, without a word of the password, and used again when it is back', async () => {
    await using line = await openLine(fresh().url)
    await using store = createMongodbMetadataStore({ url: `${line.url}?directConnection=true` })
    await store.migrate([items])
    await store.table(items).insert(itemOf(1))
    await line.cut()
    const began = performance.now()
    const error = await store
      .table(items)
      .get(hex(1))
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    expect(performance.now() - began).toBeLessThan(8000)
    await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await line.mend()
    expect(await store.table(items).get(hex(1))).toEqual(itemOf(1))
  })

  it('that was not there at first is used when it comes', async () => {
    await using line = await openLine(fresh().url)
    await line.cut()
    await using store = createMongodbMetadataStore({ url: `${line.url}?directConnection=true` })
    await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    await line.mend()
    await store.ping()
  })
})

describe('An error of MongoDB', () => {
  it.each([
    [10334, 'BSONObj size: 18000000 is invalid', 'USAGE'],
    [2, 'object to insert too large. size in bytes: 16777300, max size: 16777216', 'USAGE'],
    [2, 'Field must not be an object', 'STORE_UNAVAILABLE'],
    [13, 'not authorized on imagedoc', 'STORE_UNAVAILABLE'],
  ])('of the code %i is told from others: %s', async (code, message, expected) => {
    await expect(translating(() => Promise.reject(new MongoServerError({ message, code })))).rejects.toMatchObject({ code: expected })
  })
})

describe('A URL of MongoDB', () => {
  it.each([
    ['that is none', 'nonsense-s3cret', 'INVALID_CONFIG'],
    ['of another protocol', 'postgres://ana:s3cret@127.0.0.1:1/x', 'INVALID_CONFIG'],
    ['with a port that is none', 'mongodb://ana:s3cret@127.0.0.1:port/x', 'INVALID_CONFIG'],
    ['of a database that cannot be', 'mongodb://ana:s3cret@127.0.0.1:1/a.b', 'INVALID_CONFIG'],
    ['of a database with a name too long', `mongodb://ana:s3cret@127.0.0.1:1/${'ß'.repeat(32)}`, 'INVALID_CONFIG'],
    ['with an option that is none', 'mongodb://ana:s3cret@127.0.0.1:1/x?wrong=1', 'INVALID_CONFIG'],
    ['where nothing listens', 'mongodb://ana:s3cret@127.0.0.1:1/x?serverSelectionTimeoutMS=1', 'STORE_UNAVAILABLE'],
    ['of a host that is unknown', 'mongodb+srv://ana:s3cret@imagedoc.invalid/x', 'STORE_UNAVAILABLE'],
  ])('%s is refused without showing the password', async (_, url, code) => {
    await using store = createMongodbMetadataStore({ url })
    const error = await store.ping().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code })
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('s3cret')
  })
})

import { describe, expect, it } from 'vitest'
import { backUp } from '../../src/backup/backup.ts'
import { listBackups, verifyBackup } from '../../src/backup/look.ts'
import { restore } from '../../src/backup/restore.ts'
import { createServer } from '../../src/server.ts'
import { assertConsistent } from '../support/assert-consistent.ts'
import { freshDatabases, mongodbUrl, noMongodb, nowhere } from '../support/mongodb.ts'
import { openServices } from '../support/open-services.ts'
import { noRedis, redisUrl } from '../support/redis.ts'
import { noS3, requireS3, testBucket } from '../support/s3.ts'
import { fillArchive } from './archive.ts'
import { contentsOf, embedded, freshFolder, onServers } from './stores.ts'

requireS3()
const mongodb = mongodbUrl() ?? nowhere
const redis = redisUrl()
const missing = noMongodb ?? noS3

describe.skipIf(missing)(missing ?? 'a backup on MongoDB and S3', () => {
  const fresh = freshDatabases(mongodb)

  it('of an embedded installation is restored into MongoDB and S3, and from there into an embedded one again', async () => {
    await using stack = new AsyncDisposableStack()
    const [here, there, back] = [await embedded(stack), await onServers(fresh().url, stack.use(testBucket()), stack), await embedded(stack)]
    const services = stack.use(await openServices(here))
    await fillArchive(services)
    const contents = await contentsOf(services)
    for (const [from, into] of [
      [here, there],
      [there, back],
    ] as const) {
      const to = await freshFolder(stack)
      await backUp({ environment: from, to })
      await restore({ environment: into, from: to })
      const restored = stack.use(await openServices(into))
      expect(await contentsOf(restored)).toEqual(contents)
      await assertConsistent(restored)
    }
  }, 120_000)

  it('lies in another bucket or prefix, with what is new alone sent there, and is stopped, listed, verified, pruned and restored', async () => {
    await using stack = new AsyncDisposableStack()
    const [own, other] = [stack.use(testBucket()), stack.use(testBucket())]
    const environment = await onServers(fresh().url, own, stack)
    const services = stack.use(await openServices(environment))
    await fillArchive(services)
    const to = `s3://${other.options.bucket}/${other.options.prefix}`
    // Of an installation without a bucket of its own.
    const { credentials, endpoint = '' } = other.options
    const variables = {
      ...(await embedded(stack)),
      IMAGEDOC_BACKUP_S3_ENDPOINT: endpoint,
      IMAGEDOC_BACKUP_S3_ACCESS_KEY: credentials.accessKeyId,
      IMAGEDOC_BACKUP_S3_SECRET_KEY: credentials.secretAccessKey,
    }
    const stop = new AbortController()
    const stopped = backUp({ environment, to, signal: stop.signal, onProgress: ({ copied }) => copied > 0 && stop.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
    expect((await listBackups({ environment, from: to })).backups).toEqual([])
    await expect(restore({ environment: variables, from: to })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const first = await backUp({ environment, to })
    expect(first.there).toBeGreaterThan(0)
    const second = await backUp({ environment, to, keep: 1 })
    expect(second).toMatchObject({ copied: 0, there: first.copied + first.there, pruned: { backups: [first.name] } })
    expect((await listBackups({ environment, from: to })).backups).toMatchObject([{ name: second.name, documents: 3 }])
    expect(await verifyBackup({ environment, from: to })).toMatchObject({ damaged: [], blobs: second.there })
    expect(await other.keys()).toContainEqual(`backups/${second.name}.json`)
    await restore({ environment: variables, from: to })
    const restored = stack.use(await openServices(variables))
    expect(await contentsOf(restored)).toEqual(await contentsOf(services))
  }, 120_000)

  it('is not restored while a server has the MongoDB, and that server goes on', async () => {
    await using stack = new AsyncDisposableStack()
    const here = await embedded(stack)
    const to = await freshFolder(stack)
    const services = stack.use(await openServices(here))
    await fillArchive(services)
    await backUp({ environment: here, to })
    const environment = { ...(await embedded(stack)), IMAGEDOC_MONGODB_URL: fresh().url, PORT: '0' }
    const server = await createServer({ environment })
    await expect(restore({ environment, from: to })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('A server uses this database'),
    })
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
    await server[Symbol.asyncDispose]()
    await restore({ environment, from: to })
    await using again = await createServer({ environment })
    expect(again.setupToken).toBeNull()
  }, 120_000)

  it.skipIf(noRedis)(
    'is not restored while servers or workers are on the Redis',
    async () => {
      await using stack = new AsyncDisposableStack()
      const here = await embedded(stack)
      const to = await freshFolder(stack)
      await fillArchive(stack.use(await openServices(here)))
      await backUp({ environment: here, to })
      const address = new URL(redis ?? '')
      address.pathname = '/9'
      const environment = { ...(await embedded(stack)), IMAGEDOC_MONGODB_URL: fresh().url, IMAGEDOC_REDIS_URL: address.href, PORT: '0' }
      const server = await createServer({ environment })
      await expect(restore({ environment, from: to })).rejects.toMatchObject({
        code: 'INVALID_CONFIG',
        message: expect.stringContaining('Servers or workers are running'),
      })
      await server[Symbol.asyncDispose]()
      await restore({ environment, from: to })
      await using again = await createServer({ environment })
      expect(again.setupToken).toBeNull()
    },
    120_000,
  )
})

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServer } from '../../src/server.ts'
import { createWorker } from '../../src/worker.ts'
import { freshDatabases, mongodbUrl, noMongodb } from '../support/mongodb.ts'
import { oldRedis } from '../support/old-redis.ts'
import { noRedis, redisUrl } from '../support/redis.ts'
import { noS3, requireS3, testBucket } from '../support/s3.ts'

const redis = redisUrl() ?? ''
const mongodb = mongodbUrl() ?? ''
requireS3()

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-refused-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const environmentOf = (variables: Record<string, string>): Record<string, string> => ({
  PORT: '0',
  IMAGEDOC_LOG: 'silent',
  IMAGEDOC_DATA: join(folder, randomUUID()),
  ...variables,
})

/** What a start is refused with; it must not quote what it was given. */
async function refusal(
  variables: Record<string, string>,
  start: (environment: Record<string, string>) => Promise<AsyncDisposable> = serve,
) {
  const error = await start(environmentOf(variables)).then(
    async (started) => {
      await started[Symbol.asyncDispose]()
      return undefined
    },
    (failure: unknown) => failure as Error & { code: string },
  )
  expect(error).toMatchObject({ code: 'INVALID_CONFIG' })
  const shown = `${error?.message} ${error?.stack} ${JSON.stringify(error)} ${String(error?.cause)}`
  for (const value of ['s3cret-word']) expect(shown).not.toContain(value)
  return error?.message ?? ''
}

const serve = (environment: Record<string, string>) => createServer({ environment })
const work = (environment: Record<string, string>) => createWorker({ environment })

describe('a start is refused by the name of the variable', () => {
  it.each([
    [
      { IMAGEDOC_S3_ENDPOINT: 'http://127.0.0.1:9000' },
      'IMAGEDOC_S3_BUCKET is missing beside IMAGEDOC_S3_ENDPOINT; it expects the name of a bucket that exists.',
    ],
    [{ IMAGEDOC_S3_PRESIGNED: 'on' }, 'IMAGEDOC_S3_BUCKET is missing beside IMAGEDOC_S3_PRESIGNED'],
    [{ IMAGEDOC_S3_BUCKET: 'archive', IMAGEDOC_S3_ACCESS_KEY: 'key' }, 'IMAGEDOC_S3_SECRET_KEY is missing beside IMAGEDOC_S3_ACCESS_KEY'],
    [
      { IMAGEDOC_S3_BUCKET: 'archive', IMAGEDOC_S3_SECRET_KEY: 's3cret-word' },
      'IMAGEDOC_S3_ACCESS_KEY is missing beside IMAGEDOC_S3_SECRET_KEY',
    ],
    [{ IMAGEDOC_BACKUP_S3_ACCESS_KEY: 'key' }, 'IMAGEDOC_BACKUP_S3_SECRET_KEY is missing beside IMAGEDOC_BACKUP_S3_ACCESS_KEY'],
    [{ IMAGEDOC_REDIS_CACHE_BYTES: '1GB' }, 'IMAGEDOC_REDIS_CACHE_BYTES bounds a result cache in Redis, and there is none'],
    [{ IMAGEDOC_REDIS_URL: 'redis://:s3cret-word@127.0.0.1:1' }, 'IMAGEDOC_REDIS_URL cannot be used: Redis does not answer.'],
    [{ IMAGEDOC_REDIS_CACHE_URL: 'redis://:s3cret-word@127.0.0.1:1' }, 'IMAGEDOC_REDIS_CACHE_URL cannot be used: Redis does not answer.'],
    [{ IMAGEDOC_MONGODB_URL: 'mongodb://ana:s3cret-word@127.0.0.1:1/imagedoc' }, 'Check IMAGEDOC_MONGODB_URL, and that the server runs.'],
    [
      {
        IMAGEDOC_S3_BUCKET: 'archive',
        IMAGEDOC_S3_ENDPOINT: 'http://127.0.0.1:1',
        IMAGEDOC_S3_ACCESS_KEY: 'key',
        IMAGEDOC_S3_SECRET_KEY: 's3cret-word',
      },
      'Check IMAGEDOC_S3_ENDPOINT, and that the server runs.',
    ],
  ])('%j', async (variables, message) => {
    expect(await refusal(variables)).toContain(message)
  })

  it('when a worker has no Redis, or no MongoDB', async () => {
    expect(await refusal({}, work)).toMatch(/^IMAGEDOC_REDIS_URL is missing: a worker shares the database and the queue/)
    expect(await refusal({ IMAGEDOC_MONGODB_URL: 'mongodb://127.0.0.1:1' }, work)).toMatch(/^IMAGEDOC_REDIS_URL is missing/)
    expect(await refusal({ IMAGEDOC_REDIS_URL: 'redis://127.0.0.1:1' }, work)).toMatch(/^IMAGEDOC_MONGODB_URL is missing/)
  })

  it('when a server without a worker has nobody to leave pages to', async () => {
    const alone = (environment: Record<string, string>) => createServer({ environment, withWorker: false })
    expect(await refusal({}, alone)).toContain('set both, or leave the worker on')
  })

  it('when Redis is older than 6.2', async () => {
    await using old = await oldRedis('6.0.20', 'noeviction')
    expect(await refusal({ IMAGEDOC_REDIS_URL: old.url })).toBe(
      'IMAGEDOC_REDIS_URL leads to redis 6.0.20; it expects Redis 6.2 or newer, or Valkey.',
    )
  })
})

describe.skipIf(noMongodb)(noMongodb ?? 'a start is refused on MongoDB', () => {
  const fresh = freshDatabases(mongodb)

  it('when Redis may throw away what the queue has in it', async () => {
    await using evicting = await oldRedis('7.0.15', 'allkeys-lru')
    const message = await refusal({ IMAGEDOC_REDIS_URL: evicting.url, IMAGEDOC_MONGODB_URL: fresh().url })
    expect(message).toContain('maxmemory-policy allkeys-lru, which may throw jobs away; the queue expects noeviction')
  })

  it('to a second server without Redis, until the first has stopped', async () => {
    const variables = { IMAGEDOC_MONGODB_URL: fresh().url }
    const first = await serve(environmentOf(variables))
    expect(await refusal(variables)).toContain('set IMAGEDOC_REDIS_URL for all of them, which expects an address')
    await first[Symbol.asyncDispose]()
    await using second = await serve(environmentOf(variables))
    expect((await fetch(`${second.url}/health/ready`)).status).toBe(200)
  }, 60_000)
})

describe.skipIf(noMongodb || noRedis)(noMongodb ?? noRedis ?? 'a worker', () => {
  const fresh = freshDatabases(mongodb)

  it('is refused a Redis that a server on another database uses, until that has stopped', async () => {
    const other = await serve(environmentOf({ IMAGEDOC_REDIS_URL: redis, IMAGEDOC_MONGODB_URL: fresh().url }))
    const variables = { IMAGEDOC_REDIS_URL: redis, IMAGEDOC_MONGODB_URL: fresh().url }
    expect(await refusal(variables, work)).toMatch(/^IMAGEDOC_REDIS_URL leads to a Redis that processes on another database use/)
    await other[Symbol.asyncDispose]()
    await using server = await serve(environmentOf(variables))
    await using worker = await work(environmentOf(variables))
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
    expect(worker.takes).toContain('ocr')
  }, 60_000)

  it('is refused a port for its health that is taken, with how to give it another', async () => {
    await using server = await serve(environmentOf({}))
    const healthPort = Number(new URL(server.url).port)
    const variables = { IMAGEDOC_REDIS_URL: redis, IMAGEDOC_MONGODB_URL: fresh().url }
    const message = await refusal(variables, (environment) => createWorker({ environment, healthPort }))
    expect(message).toContain('another program listens there. Give the health of the worker another port (--port).')
  })
})

describe.skipIf(noS3)(noS3 ?? 'a start is refused on S3', () => {
  it('when the bucket is not there, or the key is wrong', async () => {
    await using bucket = testBucket()
    const { endpoint = '', credentials } = bucket.options
    const key = { IMAGEDOC_S3_ENDPOINT: endpoint, IMAGEDOC_S3_ACCESS_KEY: credentials.accessKeyId }
    const missing = await refusal({ ...key, IMAGEDOC_S3_BUCKET: 'not-there', IMAGEDOC_S3_SECRET_KEY: credentials.secretAccessKey })
    expect(missing).toContain('Check IMAGEDOC_S3_BUCKET: it has to exist already.')
    const wrong = await refusal({ ...key, IMAGEDOC_S3_BUCKET: bucket.options.bucket, IMAGEDOC_S3_SECRET_KEY: 's3cret-word' })
    expect(wrong).toContain('Check IMAGEDOC_S3_ACCESS_KEY and IMAGEDOC_S3_SECRET_KEY.')
  })
})

describe.skipIf(noRedis || noS3 || noMongodb)(noRedis ?? noS3 ?? noMongodb ?? 'what goes together in any way', () => {
  const fresh = freshDatabases(mongodb)
  const onS3 = (bucket: ReturnType<typeof testBucket>): Record<string, string> => ({
    IMAGEDOC_S3_ENDPOINT: bucket.options.endpoint ?? '',
    IMAGEDOC_S3_BUCKET: bucket.options.bucket,
    IMAGEDOC_S3_PREFIX: bucket.options.prefix,
    IMAGEDOC_S3_ACCESS_KEY: bucket.options.credentials.accessKeyId,
    IMAGEDOC_S3_SECRET_KEY: bucket.options.credentials.secretAccessKey,
  })

  it.each(['mongodb', 'redis', 's3', 'redis s3', 'mongodb s3', 'mongodb redis', 'cache'])(
    'starts and is ready with %s',
    async (parts) => {
      await using bucket = testBucket()
      const variables = {
        ...(parts.includes('mongodb') ? { IMAGEDOC_MONGODB_URL: fresh().url } : {}),
        ...(parts.includes('redis') ? { IMAGEDOC_REDIS_URL: redis } : {}),
        ...(parts === 'cache' ? { IMAGEDOC_REDIS_CACHE_URL: redis } : {}),
        ...(parts.includes('s3') ? onS3(bucket) : {}),
      }
      await using server = await serve(environmentOf(variables))
      expect(await (await fetch(`${server.url}/health/ready`)).json()).toMatchObject({ ok: true })
      expect(server.withWorker).toBe(parts !== 'mongodb redis')
    },
    60_000,
  )
})

import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { S3Connection } from '../../../src/drivers/s3/connection.ts'
import { createS3Leftovers } from '../../../src/drivers/s3/leftovers.ts'
import { noS3, requireS3, type TestBucket, testBucket } from '../../support/s3.ts'

requireS3()

const DAY_MS = 86_400_000
const options = { dryRun: false, signal: AbortSignal.any([]) }

describe.skipIf(noS3)(noS3 ?? 'with a real S3 server', () => {
  let bucket: TestBucket
  let connection: S3Connection
  beforeEach(() => {
    bucket = testBucket()
    connection = bucket.connect()
  })
  afterEach(async () => {
    await connection[Symbol.asyncDispose]()
    await bucket[Symbol.asyncDispose]()
  })
  const leave = async (path: string): Promise<void> => {
    const client = await connection.client()
    await client.putObject({ Bucket: connection.bucket, Key: connection.key(path), Body: 'x' })
  }
  const begin = async (path: string): Promise<void> => {
    const client = await connection.client()
    await client.createMultipartUpload({ Bucket: connection.bucket, Key: connection.key(path) })
  }

  it('what a process left that was killed in the middle of a stream goes, and nothing younger, and nothing else', async () => {
    for (const path of ['staging/one', 'cache/ab/cd', 'objects/ef/ab', 'uploads/of-a-client']) await begin(path)
    for (const path of ['staging/two', 'objects/ef/abc', 'notes.txt']) await leave(path)
    const leftovers = createS3Leftovers(connection)
    expect(await leftovers.sweep(new Date(Date.now() - DAY_MS), options)).toBe(0)
    const later = new Date(Date.now() + 60_000)
    expect(await leftovers.sweep(later, { ...options, dryRun: true })).toBe(4)
    expect([(await bucket.unfinished()).length, (await bucket.keys()).length]).toEqual([4, 3])
    expect(await leftovers.sweep(later, options)).toBe(4)
    expect([await bucket.unfinished(), await bucket.keys()]).toEqual([['uploads/of-a-client'], ['notes.txt', 'objects/ef/abc']])
  })

  it('a bucket that cannot be used is STORE_FAILED, without the secret', async () => {
    const { credentials } = bucket.options
    await using refused = bucket.connect({ credentials: { ...credentials, secretAccessKey: 'not-the-secret-of-this-server' } })
    const error = await createS3Leftovers(refused)
      .sweep(new Date(), options)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'STORE_FAILED', retryable: false })
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/not-the-secret|Signature=/)
  })

  it('more than one list of them goes', async () => {
    const paths = Array.from({ length: 1010 }, (_, i) => `staging/${i}`)
    for (let at = 0; at < paths.length; at += 50) await Promise.all(paths.slice(at, at + 50).map(leave))
    expect(await createS3Leftovers(connection).sweep(new Date(Date.now() + 60_000), options)).toBe(1010)
    expect(await bucket.keys()).toEqual([])
  })
})

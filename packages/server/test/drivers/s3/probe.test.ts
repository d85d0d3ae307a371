import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createS3Connection, type S3Options } from '../../../src/drivers/s3/connection.ts'
import { assertBucket, probeBucket } from '../../../src/drivers/s3/probe.ts'
import { noS3, requireS3, type TestBucket, testBucket } from '../../support/s3.ts'
import { startProxy } from '../../support/s3-proxy.ts'

requireS3()

it('a prefix that is none is refused by the name of its variable', () => {
  for (const prefix of ['archive', '/archive/', 'a b/', 'a//b/', 'a?/', '../', 'a/./b/']) {
    expect(() => createS3Connection({ bucket: 'b', prefix })).toThrow(/IMAGEDOC_S3_PREFIX/)
  }
})

describe.skipIf(noS3)(noS3 ?? 'with a real S3 server', () => {
  let bucket: TestBucket
  beforeEach(() => {
    bucket = testBucket()
  })
  afterEach(() => bucket[Symbol.asyncDispose]())

  it('a bucket that lets us in is used, and leaves no trace of the question', async () => {
    await using connection = bucket.connect()
    await assertBucket(connection)
    const report = await probeBucket(connection)
    expect(report).toEqual({ server: expect.stringMatching(/versitygw/i), latencyMs: expect.any(Number), refused: {} })
    expect(report.latencyMs).toBeGreaterThan(0)
    expect(await bucket.keys()).toEqual([])
  })

  const secretAccessKey = 'not-the-secret-of-this-server'
  const wrong: [string, (right: TestBucket['options']) => Partial<S3Options>, RegExp][] = [
    ['another secret', ({ credentials }) => ({ credentials: { ...credentials, secretAccessKey } }), /_ACCESS_KEY.*_SECRET_KEY/],
    ['a bucket that is not there', () => ({ bucket: 'imagedoc-no-such-bucket' }), /IMAGEDOC_S3_BUCKET/],
    ['an address where nobody listens', () => ({ endpoint: 'http://127.0.0.1:9' }), /IMAGEDOC_S3_ENDPOINT/],
  ]
  it.each(wrong)('%s is refused at the start by the name of its variable, without the secret', async (_, changes, variables) => {
    await using connection = bucket.connect(changes(bucket.options))
    const error = await assertBucket(connection).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringMatching(variables) })
    const text = inspect(error, { depth: 20, showHidden: true })
    for (const secret of [secretAccessKey, bucket.options.credentials.secretAccessKey]) expect(text).not.toContain(secret)
  })

  it('what a key may not do is reported one by one', async () => {
    await using proxy = await startProxy(bucket.options.endpoint ?? '')
    await using connection = bucket.connect({ endpoint: proxy.url })
    proxy.spoil(/^DELETE/, { status: 403 }, 100)
    const { refused } = await probeBucket(connection)
    expect(Object.keys(refused)).toEqual(['delete'])
    expect(refused.delete).toMatch(/does not allow it/)
  })
})

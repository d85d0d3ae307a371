import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { migrateDatabase } from '../../src/migrate.ts'
import { collectGarbage } from '../../src/sweep/gc.ts'
import { noS3, requireS3, testBucket } from '../support/s3.ts'

requireS3()

const DAY_MS = 86_400_000

it('garbage is not looked for where no server has kept anything, and nothing is made there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-gc-'))
  for (const place of [folder, join(folder, 'none')])
    await expect(collectGarbage({ environment: { IMAGEDOC_DATA: place } })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true })
})

describe.skipIf(noS3)(noS3 ?? 'with a real S3 server', () => {
  it('garbage counts, and then removes, what a killed writer left in the bucket two days ago, and leaves what is an hour old', async () => {
    await using stack = new AsyncDisposableStack()
    const bucket = stack.use(testBucket())
    const folder = await mkdtemp(join(tmpdir(), 'imagedoc-gc-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const connection = stack.use(bucket.connect())
    const client = await connection.client()
    for (const [path, days] of [
      ['staging/old', 2],
      ['staging/young', 1 / 24],
    ] as const) {
      await client.putObject({ Bucket: connection.bucket, Key: connection.key(path), Body: 'half of a page' })
      await bucket.age?.(path, new Date(Date.now() - days * DAY_MS))
    }
    const { endpoint = '', prefix, credentials } = bucket.options
    const environment = {
      IMAGEDOC_DATA: folder,
      IMAGEDOC_S3_ENDPOINT: endpoint,
      IMAGEDOC_S3_BUCKET: connection.bucket,
      IMAGEDOC_S3_PREFIX: prefix,
      IMAGEDOC_S3_ACCESS_KEY: credentials.accessKeyId,
      IMAGEDOC_S3_SECRET_KEY: credentials.secretAccessKey,
    }
    await migrateDatabase({ environment })
    const gone = { uploads: 0, runPages: 0, blobs: 0, cachedBlobs: 0, leftovers: 1 }
    expect(await collectGarbage({ environment, dryRun: true })).toEqual(gone)
    expect(await bucket.keys()).toEqual(['staging/old', 'staging/young'])
    expect(await collectGarbage({ environment })).toEqual(gone)
    expect(await bucket.keys()).toEqual(['staging/young'])
  })
})

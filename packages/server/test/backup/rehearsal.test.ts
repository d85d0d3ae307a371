import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freshDatabases, mongodbUrl, noMongodb, nowhere } from '../support/mongodb.ts'
import { noS3, requireS3, testBucket } from '../support/s3.ts'
import { rehearse } from './rehearse.ts'
import { embedded, freshFolder, onServers } from './stores.ts'

requireS3()
const mongodb = mongodbUrl() ?? nowhere
const missing = noMongodb ?? noS3

/** More of it: `node --conditions=@imagedoc/source packages/server/test/backup/rehearsal.ts`. */
const scale = { seed: 20_261_201, backups: 2, users: 2, loadMs: 2500, pauseMs: 5 }

it(`${scale.backups} backups of an embedded server at work are restored, whole and consistent, and the last one goes on`, async () => {
  await using stack = new AsyncDisposableStack()
  const place = join(await freshFolder(stack), 'backup')
  expect(await rehearse({ ...scale, from: await embedded(stack), place, into: () => embedded(stack) })).toEqual([])
}, 120_000)

describe.skipIf(missing)(missing ?? 'on MongoDB and S3', () => {
  const fresh = freshDatabases(mongodb)

  it(`${scale.backups} backups of a server at work are restored elsewhere, whole and consistent, and the last one goes on`, async () => {
    await using stack = new AsyncDisposableStack()
    const [own, other] = [stack.use(testBucket()), stack.use(testBucket())]
    const from = await onServers(fresh().url, own, stack)
    const place = `s3://${other.options.bucket}/${other.options.prefix}`
    const into = (): Promise<Record<string, string>> => onServers(fresh().url, stack.use(testBucket()), stack)
    expect(await rehearse({ ...scale, from, place, into })).toEqual([])
  }, 240_000)
})

import { expect, it } from 'vitest'
import { sweepCachedBlobs } from '../../src/sweep/cached-blobs.ts'
import { openTestServer } from '../support/test-server.ts'

const DAY_MS = 86_400_000
const never = new AbortController().signal
const text = (content: string) => new TextEncoder().encode(content)

it('cached blobs go when no record can point to them any more; owned ones, and younger ones, stay', async () => {
  await using server = await openTestServer({ drivers: { cachedBlobDays: 31 } })
  const { blobs } = server.services
  const cached = await blobs.put('cache', text('made again'), { mediaType: 'text/plain' })
  const owned = await blobs.put('objects', text('a document'), { mediaType: 'text/plain' })
  const at = (days: number) => ({ ...server.services, now: () => new Date(Date.now() + days * DAY_MS) })
  expect(await sweepCachedBlobs(at(30), never)).toBe(0)
  expect(await sweepCachedBlobs(at(32), never, { dryRun: true })).toBe(1)
  expect(await blobs.stat(cached.digest)).toBeDefined()
  expect(await sweepCachedBlobs(at(32), never)).toBe(1)
  expect(await blobs.stat(cached.digest)).toBeUndefined()
  expect(await blobs.stat(owned.digest)).toBeDefined()
})

it('cached blobs that the result cache bounds itself are left to it', async () => {
  await using server = await openTestServer()
  const { services } = server
  await services.blobs.put('cache', text('made again'), { mediaType: 'text/plain' })
  expect(await sweepCachedBlobs({ ...services, now: () => new Date(Date.now() + 400 * DAY_MS) }, never)).toBe(0)
})

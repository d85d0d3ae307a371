import { MongoServerError } from 'mongodb'
import { expect, it } from 'vitest'
import { translating } from '../../src/drivers/mongodb/errors.ts'
import { storeFailed } from '../../src/drivers/s3/errors.ts'

const answer = (name: string, httpStatusCode: number) => Object.assign(new Error('no'), { name, $metadata: { httpStatusCode } })

it.each([
  ['MinIO', answer('XMinioStorageFull', 507)],
  ['another one, by its status', answer('UnknownError', 507)],
  ['Ceph', answer('QuotaExceeded', 403)],
])('an S3 server that has no room left is named as such: %s', (_, error) => {
  expect(storeFailed(error, 'stored')).toMatchObject({ code: 'STORE_FULL', retryable: true })
})

it('any other failure of an S3 server is not', () => {
  expect(storeFailed(answer('InternalError', 500), 'stored')).toMatchObject({ code: 'STORE_FAILED' })
})

it.each([
  ['MongoDB', new MongoServerError({ message: 'Available disk space is less than required minimum', code: 14031 })],
  ['a compatible server', new MongoServerError({ message: 'could not extend file "base/5/1": No space left on device', code: 1 })],
])('a database without room is named as such: %s', async (_, error) => {
  await expect(translating(() => Promise.reject(error))).rejects.toMatchObject({ code: 'STORE_FULL', retryable: true })
})

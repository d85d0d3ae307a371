import { expect, it } from 'vitest'
import { checkServers } from '../../src/doctor/check-servers.ts'

/** Nothing listens on it. */
const nowhere = '127.0.0.1:1'
const secret = 'hunter2-hunter2'
const environment = {
  IMAGEDOC_MONGODB_URL: `mongodb://ana:${secret}@${nowhere}/imagedoc`,
  IMAGEDOC_REDIS_URL: `redis://:${secret}@${nowhere}`,
  IMAGEDOC_S3_ENDPOINT: `http://${nowhere}`,
  IMAGEDOC_S3_BUCKET: 'imagedoc',
  IMAGEDOC_S3_ACCESS_KEY: 'ana',
  IMAGEDOC_S3_SECRET_KEY: secret,
}

it('servers that do not answer are wrong by their names, each reason once, and no secret is shown', async () => {
  const checks = await checkServers({ environment })
  expect(checks.map(({ name, status }) => [name, status])).toEqual([
    ['IMAGEDOC_MONGODB_URL', 'wrong'],
    ['IMAGEDOC_REDIS_URL', 'wrong'],
    ['IMAGEDOC_S3_BUCKET', 'wrong'],
    ['workers', 'note'],
  ])
  expect(checks[2]?.message).toMatch(/^put, get, list, delete: the S3 server did not answer[^;]*$/)
  expect(JSON.stringify(checks)).not.toContain(secret)
}, 20_000)

it('settings that make no sense together are said before any server is asked', async () => {
  const checks = await checkServers({ environment: { ...environment, IMAGEDOC_S3_BUCKET: '' } })
  expect(checks).toMatchObject([{ name: 'settings', status: 'wrong', message: expect.stringContaining('IMAGEDOC_S3_BUCKET is missing') }])
})

it('says nothing of the workers, which stand in Redis, while Redis cannot be used', async () => {
  const { IMAGEDOC_MONGODB_URL, IMAGEDOC_REDIS_URL } = environment
  const [, , workers] = await checkServers({ environment: { IMAGEDOC_MONGODB_URL, IMAGEDOC_REDIS_URL } })
  expect(workers).toEqual({ name: 'workers', status: 'note', message: 'nobody knows while Redis cannot be used' })
}, 20_000)

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer, type ImageDocServer } from '../../src/server.ts'
import { openLine } from '../support/line.ts'
import { noRedis, redisUrl } from '../support/redis.ts'

const url = redisUrl() ?? 'redis://127.0.0.1:6379'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-away-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function firstManager({ url: address, setupToken }: ImageDocServer): Promise<string> {
  const body = JSON.stringify({ username: 'ana', email: 'ana@example.org', password: 'a long enough password', setupToken })
  const answer = await fetch(`${address}/trpc/auth.register`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  const { result } = (await answer.json()) as { result: { data: { token: string } } }
  return result.data.token
}

describe.skipIf(noRedis)(noRedis ?? 'while Redis is away', () => {
  it('who is logged in is answered, and a server is not started', async () => {
    await using line = await openLine(url)
    const start = (data: string) =>
      createServer({ environment: { PORT: '0', IMAGEDOC_DATA: join(folder, data), IMAGEDOC_LOG: 'silent', IMAGEDOC_REDIS_URL: line.url } })
    await using server = await start('data')
    const token = await firstManager(server)
    const ask = async (): Promise<number> =>
      (await fetch(`${server.url}/trpc/collections.list?input=%7B%7D`, { headers: { Authorization: `Bearer ${token}` } })).status
    expect(await ask()).toBe(200)
    await line.cut()
    for (let round = 0; round < 3; round++) expect(await ask()).toBe(200)
    await expect(start('other')).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('IMAGEDOC_REDIS_URL cannot be used: Redis does not answer.'),
    })
    await line.mend()
    // The one whose start was refused has left nothing behind that keeps another out.
    await using other = await start('other')
    expect((await fetch(`${other.url}/health/ready`)).status).toBe(200)
    expect(await ask()).toBe(200)
  }, 60_000)
})

import { randomUUID } from 'node:crypto'
import { createRedisConnection, type RedisConnection } from '@imagedoc/core/drivers/redis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Line, openLine } from './line.ts'

const given = process.env['IMAGEDOC_TEST_REDIS_URL']

/** The Redis to test with; in CI it has to be there. */
export function redisUrl(): string | undefined {
  if (!given && process.env['IMAGEDOC_REQUIRE_DRIVERS'] === '1')
    it('has a Redis to test with', () => expect.fail('IMAGEDOC_REQUIRE_DRIVERS=1, but IMAGEDOC_TEST_REDIS_URL is not set'))
  return given
}

/** How a title says that tests are skipped, and how to run them. */
export const noRedis = given ? undefined : 'skipped: `.ci/servers/up` starts a Redis and prints IMAGEDOC_TEST_REDIS_URL'

/** What a test of a driver in Redis works with; all of it is its own, and is disposed of after it. */
export interface OwnRedis {
  /** Of keys that no other test has. */
  readonly prefix: string
  use<Resource extends AsyncDisposable>(resource: Resource): Resource
  /** @param address through a line, where it is to be broken */
  connect(address?: string): RedisConnection
  openLine(): Promise<Line>
}

/** To be called where the tests are described: each of them gets a new one. */
export function ownRedis(): OwnRedis {
  const url = given ?? ''
  let prefix = ''
  let stack = new AsyncDisposableStack()
  beforeEach(() => {
    prefix = `test:${randomUUID()}:`
    stack = new AsyncDisposableStack()
  })
  afterEach(() => stack.disposeAsync())
  return {
    get prefix() {
      return prefix
    },
    use: (resource) => stack.use(resource),
    connect: (address = url) => stack.use(createRedisConnection({ url: address })),
    openLine: async () => stack.use(await openLine(url)),
  }
}

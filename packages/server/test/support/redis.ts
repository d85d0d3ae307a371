import { expect, it } from 'vitest'

const given = process.env['IMAGEDOC_TEST_REDIS_URL']

/** The Redis to test with; in CI it has to be there. */
export function redisUrl(): string | undefined {
  if (!given && process.env['IMAGEDOC_REQUIRE_DRIVERS'] === '1')
    it('has a Redis to test with', () => expect.fail('IMAGEDOC_REQUIRE_DRIVERS=1, but IMAGEDOC_TEST_REDIS_URL is not set'))
  return given
}

/** How a title says that tests are skipped, and how to run them. */
export const noRedis = given ? undefined : 'skipped: `.ci/servers/up` starts a Redis and prints IMAGEDOC_TEST_REDIS_URL'

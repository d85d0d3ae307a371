import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, expect, it } from 'vitest'

const given = process.env['IMAGEDOC_TEST_MONGODB_URL'] || undefined

/** How a title says that tests are skipped, and how to run them. */
export const noMongodb = given ? undefined : 'skipped: `.ci/servers/up` starts a server of MongoDB and prints IMAGEDOC_TEST_MONGODB_URL'

/** Stands for the address where there is none: tests that are skipped are set up all the same, and connect to nothing. */
export const nowhere = 'mongodb://localhost'

/** The address of the server to test with; in CI it has to be there. */
export function mongodbUrl(): string | undefined {
  if (!given && process.env['IMAGEDOC_REQUIRE_DRIVERS'] === '1')
    it('has a MongoDB to test with', () => expect.fail('IMAGEDOC_REQUIRE_DRIVERS=1, but IMAGEDOC_TEST_MONGODB_URL is not set'))
  return given
}

/** Names databases that nobody has, and drops them at the end of the test file. */
export function freshDatabases(url: string): () => { name: string; url: string } {
  const names: string[] = []
  afterAll(async () => {
    await using client = new MongoClient(url)
    for (const name of names) await client.db(name).dropDatabase()
  })
  return () => {
    const name = `test_${randomUUID().replaceAll('-', '').slice(0, 16)}`
    names.push(name)
    const address = new URL(url)
    address.pathname = `/${name}`
    return { name, url: address.href }
  }
}

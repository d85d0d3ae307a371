import { expect, it } from 'vitest'
import { claimDatabase } from '../src/only-server.ts'
import { openTestServer } from './support/test-server.ts'

it('a server that waits for a database to be let go of says so once, and then that another has it', async () => {
  await using server = await openTestServer()
  const { lock } = server.services
  const said: string[] = []
  const log = { warn: (_: object, text: string) => void said.push(text), error: () => {}, info: () => {} }
  await using _first = await claimDatabase({ lock, log }, { leaseMs: 1000 })
  expect(said).toEqual([])
  await expect(claimDatabase({ lock, log }, { leaseMs: 1000 })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  expect(said).toEqual([expect.stringMatching(/another server has this database.* waiting for up to 1\.5 s/)])
}, 20_000)

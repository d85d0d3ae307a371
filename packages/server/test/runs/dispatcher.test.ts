import { ImageDocError } from '@imagedoc/core'
import { describe, expect, it, vi } from 'vitest'
import { createDispatcher } from '../../src/runs/dispatcher.ts'
import { createRunCancels } from '../../src/runs/run-cancels.ts'
import { greyPdf, openArchive, startOver } from './support.ts'

/** What two runs leave in the log that fail with this at each attempt, after both were tried twice. */
async function logged(error: Error): Promise<string[]> {
  await using archive = await openArchive({ runs: false })
  const { services } = archive
  for (let count = 0; count < 2; count++) await startOver(archive, greyPdf)
  const [tried, lines] = [[] as string[], [] as string[]]
  const say = (_facts: object, message: string): void => void lines.push(message)
  const engine = {
    execute(id: string) {
      tried.push(id)
      return Promise.reject(error)
    },
  }
  const log = { info: say, warn: say, error: say }
  await using cancels = await createRunCancels(services.events)
  await using dispatcher = createDispatcher({ ...services, log }, engine, cancels)
  await vi.waitFor(
    () => {
      dispatcher.wake()
      expect(tried.length).toBeGreaterThanOrEqual(4)
    },
    { timeout: 10_000 },
  )
  // However often it is woken, each is tried once in two seconds.
  expect(tried.toSorted()).toEqual([...new Set(tried)].flatMap((id) => [id, id]).toSorted())
  return lines
}

describe('runs that cannot be done now', () => {
  it('are told of once while a server is away, not at each attempt of each run', async () => {
    expect(await logged(new ImageDocError('STORE_UNAVAILABLE', 'Redis does not answer.'))).toEqual(['runs wait'])
  })

  it('are told of each time where nobody knows why', async () => {
    expect((await logged(new TypeError('It broke.'))).length).toBe(4)
  })
})

import { initialRunState } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { createMemoryRunEventLog } from '../../src/run-events/memory-run-event-log.ts'
import { batch, describeRunEventLogContract, idsOf } from './log-contract.ts'

const MINUTE = 60_000
const everything = { after: undefined, limit: 1000 }

describeRunEventLogContract('the embedded log', async () => createMemoryRunEventLog({ now: () => new Date() }))

describe('what the embedded log keeps', () => {
  const clock = { ms: 0 }
  const now = (): Date => new Date(clock.ms)

  it('is each event for 10 minutes', async () => {
    await using log = createMemoryRunEventLog({ now })
    await log.append('a', batch(1, 1, 2))
    clock.ms += 9 * MINUTE
    await log.append('a', batch(1, 3))
    expect(idsOf(await log.read('a', everything))).toEqual(['1-1', '1-2', '1-3'])
    clock.ms += MINUTE
    expect(idsOf(await log.read('a', everything))).toEqual(['1-3'])
    expect(log.bytes).toBe(JSON.stringify(batch(1, 3).entries[0]?.event).length)
  })

  it('is the state of a run that goes on for a day, of one that has ended for 10 minutes', async () => {
    await using log = createMemoryRunEventLog({ now })
    await log.append('on', batch(1, 1))
    await log.append('ended', { ...batch(1, 1), state: { ...initialRunState, status: 'done' } })
    clock.ms += 10 * MINUTE
    expect(await log.latest('ended')).toBeUndefined()
    expect(await log.latest('on')).toBeDefined()
    clock.ms += 24 * 60 * MINUTE
    expect(await log.latest('on')).toBeUndefined()
    expect(log.bytes).toBe(0)
  })

  it('is bounded in the events of a run: the oldest go', async () => {
    await using log = createMemoryRunEventLog({ now, maxEvents: 5 })
    await log.append('a', batch(1, 1, 4))
    await log.append('a', batch(1, 5, 7))
    expect(idsOf(await log.read('a', everything))).toEqual(['1-3', '1-4', '1-5', '1-6', '1-7'])
  })

  it('is bounded in bytes over all runs: events of the run that was silent longest go, its state stays', async () => {
    await using log = createMemoryRunEventLog({ now, maxBytes: 1000 })
    for (const id of ['a', 'b', 'a', 'c'].map((name, index) => ({ name, attempt: index + 1 })))
      await log.append(id.name, batch(id.attempt, 1, 3))
    expect(await log.read('b', everything)).toEqual([])
    expect(await log.latest('b')).toMatchObject({ id: { attempt: 2, seq: 3 } })
    expect(idsOf(await log.read('c', everything))).toHaveLength(3)
    expect(log.bytes).toBeLessThanOrEqual(1000)
  })

  it('is bounded in runs', async () => {
    await using log = createMemoryRunEventLog({ now, maxRuns: 2 })
    for (const id of ['a', 'b', 'c']) await log.append(id, batch(1, 1))
    expect(await Promise.all(['a', 'b', 'c'].map(async (id) => (await log.latest(id)) !== undefined))).toEqual([false, true, true])
  })
})

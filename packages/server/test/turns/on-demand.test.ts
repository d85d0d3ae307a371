import { expect, it } from 'vitest'
import { createOnDemand } from '../../src/turns/on-demand.ts'

const never = (error: unknown): void => {
  throw error
}

it('works once more when it is woken meanwhile, one at a time', async () => {
  let working = 0
  let times = 0
  const demand = createOnDemand(async () => {
    expect(++working).toBe(1)
    if (++times === 1) demand.wake()
    await Promise.resolve()
    working--
  }, never)
  demand.wake()
  demand.wake()
  await demand.idle()
  expect(times).toBe(2)
})

it('can be woken again after work that had nothing to do', async () => {
  let times = 0
  const demand = createOnDemand(async () => void times++, never)
  for (let round = 1; round <= 3; round++) {
    demand.wake()
    await demand.idle()
    expect(times).toBe(round)
  }
})

it('goes on after work that failed', async () => {
  const failed: unknown[] = []
  let times = 0
  const demand = createOnDemand(
    async () => {
      if (++times === 1) throw new Error('once')
    },
    (error) => failed.push(error),
  )
  demand.wake()
  await demand.idle()
  demand.wake()
  await demand.idle()
  expect([times, failed.length]).toEqual([2, 1])
})

import { expect, it } from 'vitest'
import { killAgain } from './kill-again.ts'

/** A failure is repeated with its seed; `node --conditions=@imagedoc/source packages/server/test/kill/kill.ts` kills more often. */
const seed = 20_261_125
const kills = 8

it(`a server that is killed ${kills} times at moments of seed ${seed} loses nothing that it accepted, and ends every run once`, async () => {
  const report = await killAgain({ seed, kills, users: 3, livesMs: [200, 3000], settleMs: 120_000 })
  expect(report.problems).toEqual([])
  expect(report.runs).toBeGreaterThan(kills)
  expect(report.states['done']).toBeGreaterThan(0)
}, 300_000)

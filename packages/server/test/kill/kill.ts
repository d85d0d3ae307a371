// Kills a working server as often as it is told: node --conditions=@imagedoc/source packages/server/test/kill/kill.ts --kills 50 --seed 1
import { parseArgs } from 'node:util'
import { killAgain } from './kill-again.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    users: { type: 'string', default: '4' },
  },
})
const [kills, seed, users] = [Number(values.kills), Number(values.seed), Number(values.users)]
process.stdout.write(`seed ${seed}\n`)
const log = (line: string): void => void process.stdout.write(`${line}\n`)
const report = await killAgain({ kills, seed, users, livesMs: [300, 8000], settleMs: 300_000, log })
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
if (report.problems.length > 0) process.exitCode = 1

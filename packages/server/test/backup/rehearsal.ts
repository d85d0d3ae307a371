// Backs a working server up as often as it is told: node --conditions=@imagedoc/source packages/server/test/backup/rehearsal.ts --backups 30 --seed 1
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rehearse } from './rehearse.ts'
import { embedded, freshFolder } from './stores.ts'

const { values } = parseArgs({
  options: {
    backups: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    users: { type: 'string', default: '4' },
  },
})
const [backups, seed, users] = [Number(values.backups), Number(values.seed), Number(values.users)]
process.stdout.write(`seed ${seed}\n`)
await using stack = new AsyncDisposableStack()
const problems = await rehearse({
  ...{ backups, seed, users, loadMs: 1000, pauseMs: 10 },
  from: await embedded(stack),
  place: join(await freshFolder(stack), 'backup'),
  into: () => embedded(stack),
  log: (line) => void process.stdout.write(`${line}\n`),
})
process.stdout.write(`${JSON.stringify(problems, null, 2)}\n`)
if (problems.length > 0) process.exitCode = 1

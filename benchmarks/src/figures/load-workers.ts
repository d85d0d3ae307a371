// A server on MongoDB, Redis and S3 under many users while two workers never lack pages: 100 requests a second. Needs `pnpm build` and the servers of `.ci/servers/up`.
import { setTimeout as sleep } from 'node:timers/promises'
import { format, type Measure } from '../harness/figure.ts'
import { openFleet } from '../harness/fleet.ts'
import { ask, figuresOf, keepRunning, openArchive } from '../harness/load.ts'
import { cpuSecondsOf, familyOf } from '../harness/process.ts'
import { register } from '../harness/server.ts'

const RATE = 100

export const measure: Measure = async ({ quick }) => {
  const pages = quick ? 8 : 100
  await using fleet = await openFleet()
  const server = await fleet.serve()
  const session = { url: server.url, token: await register(server) }
  const archive = await openArchive(session, { pages })
  const workers = [await fleet.work('--concurrency', '1'), await fleet.work('--concurrency', '1')]
  const stop = new AbortController()
  // Two at a time: while the last pages of one are done, the other still has some for both.
  const runs = Promise.all([keepRunning(archive, stop.signal), keepRunning(archive, stop.signal)])
  runs.catch(() => undefined)
  await sleep(5000)
  const seconds = quick ? 10 : 300
  const used = (): number => workers.flatMap(({ pid }) => familyOf(pid)).reduce((sum, pid) => sum + cpuSecondsOf(pid), 0)
  const before = used()
  const answers = await ask(archive, { rate: RATE, seconds })
  const cores = (used() - before) / seconds
  stop.abort()
  const begun = (await runs).reduce((sum, count) => sum + count)
  return figuresOf(
    answers,
    `${RATE} requests a second while two workers are saturated`,
    `${begun} runs of ${pages} pages begun, the workers used ${format(cores)} cores`,
  )
}

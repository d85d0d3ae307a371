// The built server under many users while runs use one core (a page at a time): 150 requests a second, none of which may wait for the runs. Needs `pnpm build`.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Measure } from '../harness/figure.ts'
import { ask, figuresOf, keepRunning, openArchive } from '../harness/load.ts'
import { assertBuilt, register, startServer } from '../harness/server.ts'

const RATE = 150

export const measure: Measure = async ({ quick }) => {
  assertBuilt()
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  try {
    await using server = await startServer('whole', folder, { registration: 'open', workerConcurrency: 1 })
    const archive = await openArchive({ url: server.url, token: await register(server) }, { pages: quick ? 8 : 100 })
    const stop = new AbortController()
    const runs = keepRunning(archive, stop.signal)
    runs.catch(() => undefined)
    await sleep(2000)
    const answers = await ask(archive, { rate: RATE, seconds: quick ? 10 : 120 })
    stop.abort()
    return figuresOf(answers, `${RATE} requests a second while runs are done`, `${await runs} runs begun`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

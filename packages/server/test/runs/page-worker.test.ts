import type { JobQueue } from '@imagedoc/core'
import { expect, it } from 'vitest'
import { createLocalJobQueue } from '../../src/drivers/local-job-queue.ts'
import { workOnPages } from '../../src/runs/page-worker.ts'
import { ended, openArchive, startOver } from './support.ts'

/** Each page takes this long: more than a worker that stops has for it. */
const PAGE_MS = 3000

it('a worker that stops hands back the page that it has no time for, and another does it', async () => {
  await using queue = createLocalJobQueue()
  await using archive = await openArchive({ pages: 1, runs: false, drivers: { queue, distributed: true } })
  const { services } = archive
  await using _dispatching = await services.runner.start({ work: null })
  const begun: string[] = []
  const failures: unknown[] = []
  const watched: JobQueue = {
    ...queue,
    work: (handler, options) =>
      queue.work(async (job, signal) => {
        begun.push(job.needs)
        await handler(job, signal).catch((error: unknown) => {
          failures.push(error)
          throw error
        })
      }, options),
  }
  const first = workOnPages(services, watched, { concurrency: 1, drainMs: 100 })
  const run = await startOver(archive, {
    version: 1,
    steps: [
      { use: 'document.pages', with: { dpi: 60 } },
      { use: 'test.linger', with: { ms: PAGE_MS } },
    ],
  })
  await expect.poll(() => begun, { timeout: 20_000 }).toContain('test')
  const stopping = performance.now()
  await first[Symbol.asyncDispose]()
  expect(performance.now() - stopping).toBeLessThan(PAGE_MS - 500)
  expect(failures).toMatchObject([{ code: 'STORE_UNAVAILABLE', retryable: true }])
  await using _second = workOnPages(services, queue, { concurrency: 1 })
  expect(await ended(services, run)).toMatchObject({ state: 'done', attempt: 1, error: null })
}, 60_000)

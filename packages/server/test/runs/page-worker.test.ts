import { createImageDoc, type JobQueue, type PipelineDefinition } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { expect, it, vi } from 'vitest'
import { createLocalJobQueue } from '../../src/drivers/local-job-queue.ts'
import { newId } from '../../src/records/id.ts'
import type { Run } from '../../src/records/run.ts'
import { claimRun } from '../../src/runs/claim.ts'
import { workOnPages } from '../../src/runs/page-worker.ts'
import { createRemotePages } from '../../src/runs/remote-pages.ts'
import type { Services } from '../../src/services.ts'
import { createNobodyTakes } from '../../src/workers/nobody-takes.ts'
import type { Roster } from '../../src/workers/roster.ts'
import { ended, greyPdf, openArchive, startOver } from './support.ts'

/** Each page takes this long: more than a worker that stops has for it. */
const PAGE_MS = 3000

/** A queue that notes what its takers do. */
function watch(queue: JobQueue): { begun: string[]; failures: unknown[]; watched: JobQueue } {
  const begun: string[] = []
  const failures: unknown[] = []
  const work: JobQueue['work'] = (handler, options) =>
    queue.work(async (job, signal) => {
      begun.push(job.needs)
      await handler(job, signal).catch((error: unknown) => {
        failures.push(error)
        throw error
      })
    }, options)
  return { begun, failures, watched: { ...queue, work } }
}

/** The services of a worker on the same infrastructure whose plugins are others. */
function withOtherPlugins(services: Services): { imagedoc: AsyncDisposable; services: Services } {
  const { blobs, cache } = services
  const imagedoc = createImageDoc({ plugins: [image(), pdf()], blobs, cache })
  return { imagedoc, services: { ...services, imagedoc: imagedoc as unknown as Services['imagedoc'] } }
}

const present = async () => [{ id: 'other', takes: ['document', 'image', 'test'], concurrency: 1 }]
const roster: Roster = { present, join: () => ({ [Symbol.asyncDispose]: async () => {} }), [Symbol.asyncDispose]: async () => {} }

it('a worker with other plugins than the server hands a page back at once, and another does it', async () => {
  await using queue = createLocalJobQueue()
  await using archive = await openArchive({ pages: 1, runs: false, drivers: { queue, distributed: true, roster } })
  const { services } = archive
  await using _dispatching = await services.runner.start({ work: null })
  const other = withOtherPlugins(services)
  await using _imagedoc = other.imagedoc
  const { failures, watched } = watch(queue)
  const first = workOnPages(other.services, watched, { id: 'other', concurrency: 1 })
  const run = await startOver(archive, greyPdf)
  await expect.poll(() => failures, { timeout: 20_000 }).toMatchObject([{ code: 'ENGINE_CHANGED', details: { worker: 'other' } }])
  expect(await services.tables.runPages.count('by_run', [run._id])).toBe(0)
  await first[Symbol.asyncDispose]()
  await using _second = workOnPages(services, queue, { id: 'same', concurrency: 1 })
  expect(await ended(services, run)).toMatchObject({ state: 'done', attempt: 1, error: null })
}, 60_000)

it('a worker on another database hands a page back at once, and says why', async () => {
  await using queue = createLocalJobQueue()
  await using archive = await openArchive({ pages: 1, runs: false, drivers: { queue, distributed: true } })
  await using _worker = workOnPages(archive.services, queue, { id: 'other', concurrency: 1 })
  const data = { run_id: newId(), page: 'input/0/0/0', segment: 'grey 0123456789ab' }
  const done = queue.run({ id: 'job', user: 'ana', priority: 0, needs: 'image', data }, { signal: new AbortController().signal })
  await expect(done).rejects.toMatchObject({
    code: 'ENGINE_CHANGED',
    message: 'This worker has another database: the run is not in it.',
    details: { worker: 'other' },
  })
})

it('a page that every worker refuses fails with what one of them said', async () => {
  await using queue = createLocalJobQueue()
  await using archive = await openArchive({ pages: 1, runs: false, drivers: { queue, distributed: true } })
  const { services } = archive
  const claim = await claimRun(services, (await startOver(archive, greyPdf))._id)
  await using _lease = claim?.lease
  const run = claim?.run as Run
  const other = withOtherPlugins(services)
  await using _imagedoc = other.imagedoc
  await using _worker = workOnPages(other.services, queue, { id: 'other', concurrency: 1 })
  using nobodyTakes = createNobodyTakes({ roster, log: { warn: () => undefined }, patienceMs: 50, lookMs: 10 })
  const page = { source: null, page: 1, part: [], copy: 0 }
  const finding = createRemotePages(services, run, { queue, nobodyTakes, namespaces: ['document', 'image', 'test'] }).find(
    { page, step: 'words', use: 'test.read', segment: 'words 0123456789ab' },
    new AbortController().signal,
  )
  await expect(finding).rejects.toMatchObject({ code: 'ENGINE_CHANGED', message: expect.stringContaining('test.read') })
}, 30_000)

it('a worker that stops hands back the page that it has no time for, and another does it', async () => {
  await using queue = createLocalJobQueue()
  await using archive = await openArchive({ pages: 1, runs: false, drivers: { queue, distributed: true } })
  const { services } = archive
  await using _dispatching = await services.runner.start({ work: null })
  const { begun, failures, watched } = watch(queue)
  const first = workOnPages(services, watched, { id: 'first', concurrency: 1, drainMs: 100 })
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
  await using _second = workOnPages(services, queue, { id: 'second', concurrency: 1 })
  expect(await ended(services, run)).toMatchObject({ state: 'done', attempt: 1, error: null })
}, 60_000)

it('a worker that stops ends a page that computes for ever', async () => {
  await using queue = createLocalJobQueue()
  await using archive = await openArchive({ pages: 1, runs: false, drivers: { queue, distributed: true } })
  const { services, service, ana } = archive
  await using _dispatching = await services.runner.start({ work: null })
  const { begun, failures, watched } = watch(queue)
  const worker = workOnPages(services, watched, { id: 'first', concurrency: 1, drainMs: 100 })
  const steps: PipelineDefinition['steps'] = [
    { use: 'document.pages', with: { dpi: 60 } },
    { use: 'test.poison', with: { how: 'loop', over: 1 } },
  ]
  const run = await startOver(archive, { version: 1, steps })
  await expect.poll(() => begun, { timeout: 20_000 }).toContain('test')
  await worker[Symbol.asyncDispose]()
  expect(failures).toMatchObject([{ code: 'STORE_UNAVAILABLE', retryable: true }])
  await service.cancel(ana, run._id)
  expect(await ended(services, run)).toMatchObject({ state: 'cancelled' })
}, 60_000)

it('a worker logs what a step throws, once, and the server that waits for the page does not', async () => {
  await using queue = createLocalJobQueue()
  await using archive = await openArchive({ pages: 1, runs: false, drivers: { queue, distributed: true, roster } })
  const { services } = archive
  await using _dispatching = await services.runner.start({ work: null })
  const lines: unknown[] = []
  const log = { ...services.log, error: (facts: object) => void lines.push(facts) }
  const told = vi.spyOn(services.log, 'error')
  await using _worker = workOnPages({ ...services, log }, queue, { id: 'same', concurrency: 1 })
  const steps: PipelineDefinition['steps'] = [
    { use: 'document.pages', with: { dpi: 60 } },
    { id: 'poison', use: 'test.poison', with: { how: 'throw', over: 1 } },
  ]
  const run = await ended(services, await startOver(archive, { version: 1, steps, outputs: { 'page.png': 'poison' } }))
  expect(run).toMatchObject({ state: 'failed', error: { code: 'OPERATION_FAILED' } })
  const stack = expect.stringContaining('poison-plugin.ts')
  expect(lines).toMatchObject([{ run: run._id, step: 'poison', plugin: 'imagedoc-plugin-test-poison 1.0.0', stack }])
  expect(told).not.toHaveBeenCalled()
}, 60_000)

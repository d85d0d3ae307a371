import type { JobQueue, PipelineDefinition, StepDefinition } from '@imagedoc/core'
import { expect, it } from 'vitest'
import { createLocalJobQueue } from '../../src/drivers/local-job-queue.ts'
import { readReceipt } from '../../src/runs/hold-result.ts'
import { workOnPages } from '../../src/runs/page-worker.ts'
import { ended, openArchive, startOver } from './support.ts'

/** A queue that notes which pages its takers were given. */
function watch(queue: JobQueue, taken: string[]): JobQueue {
  const work: JobQueue['work'] = (handler, options) =>
    queue.work((job, signal) => {
      taken.push((job.data as { page: string }).page)
      return handler(job, signal)
    }, options)
  return { ...queue, work }
}

const reading = (settings: Partial<StepDefinition> = {}): PipelineDefinition => ({
  version: 1,
  steps: [
    { use: 'document.pages', with: { dpi: 60 } },
    { use: 'test.read', ...settings },
  ],
})

it('of a hundred pages one is computed by two workers when its parameters are other ones', async () => {
  await using queue = createLocalJobQueue()
  await using archive = await openArchive({ pages: 100, runs: false, drivers: { queue, distributed: true } })
  const { services } = archive
  await using _dispatching = await services.runner.start({ work: null })
  const taken = { first: [] as string[], second: [] as string[] }
  await using _first = workOnPages(services, watch(queue, taken.first), { id: 'first', concurrency: 2 })
  await using _second = workOnPages(services, watch(queue, taken.second), { id: 'second', concurrency: 2 })
  expect(await ended(services, await startOver(archive, reading()))).toMatchObject({ state: 'done', error: null })
  expect(taken.first.length).toBeGreaterThan(0)
  expect(taken.second.length).toBeGreaterThan(0)
  taken.first.length = 0
  taken.second.length = 0

  const perPage = [{ pages: '7', with: { words: ['Évora'] } }]
  const changed = await ended(services, await startOver(archive, reading({ perPage })))
  expect(changed).toMatchObject({ state: 'done', error: null, pages: { total: 100, done: 100, failed: 0 } })
  expect(changed.steps[1]).toMatchObject({ cache: 'mixed', pages: { hit: 99, miss: 1, skipped: 0, failed: 0 } })
  expect(new Set([...taken.first, ...taken.second])).toEqual(new Set([expect.stringMatching(/^[0-9a-f]{12}\/7$/)]))
  const version = await services.tables.versions.get(changed._id)
  const receipt = version?.receipt ? await readReceipt(services, version.receipt) : undefined
  expect(receipt?.steps[1]?.perPage).toMatchObject([{ pages: [{ page: 6 }], params: { words: ['Évora'] }, skip: false }])
}, 120_000)

it('a step that skips pages has all of them behind it, and its file is that of the step before', async () => {
  await using queue = createLocalJobQueue()
  await using archive = await openArchive({ drivers: { queue, distributed: true } })
  const steps: StepDefinition[] = [
    { use: 'document.pages', with: { dpi: 60 } },
    { id: 'grey', use: 'image.grayscale' },
    {
      id: 'turned',
      use: 'image.rotate',
      with: { angle: 90 },
      perPage: [
        { pages: '2-', skip: true },
        { pages: '9', with: {} },
      ],
    },
  ]
  const done = await ended(archive.services, await startOver(archive, { version: 1, steps, outputs: { 'page.png': 'turned' } }))
  expect(done).toMatchObject({ state: 'done', error: null, pages: { total: 3, done: 3 } })
  const { passed, hit, miss } = done.steps[2]?.pages ?? { hit: 0, miss: 0 }
  expect([passed, hit + miss]).toEqual([2, 1])
  expect(done.steps[2]?.diagnostics).toMatchObject([{ code: 'PAGES_NOT_MET', details: { path: 'steps[2].perPage[1].pages' } }])
})

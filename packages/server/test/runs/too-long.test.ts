import type { PipelineDefinition } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { createLocalJobQueue } from '../../src/drivers/local-job-queue.ts'
import { createPipelineService } from '../../src/pipelines/pipeline-service.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { ended, openArchive, startOver } from './support.ts'

const pages = { use: 'document.pages', with: { dpi: 62 } }
const waiting = (ms: number, count: number): PipelineDefinition => {
  const steps = Array.from({ length: count }, (_, index) => ({ id: `wait${index}`, use: 'test.linger', with: { ms, mark: index } }))
  return { version: 1, steps: [pages, ...steps], outputs: { 'page.png': steps.at(-1)?.id ?? '' } }
}
const tooLong = {
  state: 'failed',
  error: { code: 'RUN_TOO_LONG', message: expect.stringMatching(/2 s, .* ask who runs the server to raise IMAGEDOC_MAX_RUN_TIME/) },
  result_version: null,
}

describe.each(['here', 'by workers'])('the work of a run that is done %s', (where) => {
  it('is bounded: many steps of a page, each of which may take its time', async () => {
    await using queue = createLocalJobQueue()
    const drivers = where === 'here' ? {} : { drivers: { queue, distributed: true } }
    await using archive = await openArchive({ settings: { maxRunMs: 2000 }, pages: 1, ...drivers })
    const since = performance.now()
    expect(await ended(archive.services, await startOver(archive, waiting(1000, 30)))).toMatchObject(tooLong)
    expect(performance.now() - since).toBeLessThan(15_000)
  }, 30_000)

  it('is bounded: many pages, side by side', async () => {
    await using queue = createLocalJobQueue()
    const drivers = where === 'here' ? {} : { drivers: { queue, distributed: true } }
    await using archive = await openArchive({ settings: { maxRunMs: 2000 }, pages: 8, ...drivers })
    expect(await ended(archive.services, await startOver(archive, waiting(700, 1)))).toMatchObject(tooLong)
  }, 30_000)
})

it('is told by explain', async () => {
  await using archive = await openArchive({ runs: false, settings: { maxRunMs: 90 * 60_000 } })
  const pipelines = createPipelineService(archive.services)
  const explained = await pipelines.explain(archive.ana, { definition: waiting(1, 1), document_id: archive.document._id })
  expect(explained.limits).toEqual({ stepMs: 120_000, runMs: 5_400_000 })
})

it('is a setting', () => {
  expect(readSettings({}).maxRunMs).toBe(12 * 3_600_000)
  expect(readSettings({ IMAGEDOC_MAX_RUN_TIME: '90 min' }).maxRunMs).toBe(90 * 60_000)
  for (const wrong of ['12', '0h', '2000h', '1d'])
    expect(() => readSettings({ IMAGEDOC_MAX_RUN_TIME: wrong })).toThrow('IMAGEDOC_MAX_RUN_TIME')
})

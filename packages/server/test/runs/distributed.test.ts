import type { PipelineDefinition } from '@imagedoc/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLocalJobQueue } from '../../src/drivers/local-job-queue.ts'
import { type Archive, ended, greyPdf, openArchive, startOver } from './support.ts'

const queue = createLocalJobQueue()
let archive: Archive

beforeAll(async () => {
  archive = await openArchive({ drivers: { queue, distributed: true } })
})
afterAll(async () => {
  await archive[Symbol.asyncDispose]()
  await queue[Symbol.asyncDispose]()
})

describe('a run whose pages are jobs', () => {
  it('is assembled from what workers wrote down', async () => {
    const { services } = archive
    const done = await ended(services, await startOver(archive, greyPdf))
    expect(done).toMatchObject({ state: 'done', result_version: 1, pages: { total: 3, done: 3, failed: 0 } })
    const version = await services.tables.versions.get(done._id)
    expect(version?.outputs.map(({ name, page }) => `${name} ${page ?? ''}`)).toEqual([
      'page.png 1',
      'page.png 2',
      'page.png 3',
      'pages.pdf ',
    ])
    expect(version?.layouts).toHaveLength(3)
    await expect.poll(() => services.tables.runPages.count('by_run', [done._id])).toBe(0)
  })

  it('has its pages cut into the same pieces by workers, where a layout is kept that no output names', async () => {
    const steps: PipelineDefinition['steps'] = [{ use: 'document.pages', with: { dpi: 60 } }, { use: 'test.glance' }, { use: 'test.size' }]
    const done = await ended(archive.services, await startOver(archive, { version: 1, steps, outputs: { 'size.txt': 'test.size' } }))
    expect(done).toMatchObject({ state: 'done', error: null, pages: { done: 3, failed: 0 } })
    expect((await archive.services.tables.versions.get(done._id))?.layouts).toHaveLength(3)
  })

  it('tells of every step that workers did on a page, also above the one that is delivered', async () => {
    const steps: PipelineDefinition['steps'] = [
      { use: 'document.pages', with: { dpi: 61 } },
      { id: 'slow', use: 'test.linger', with: { ms: 1 } },
    ]
    const done = await ended(archive.services, await startOver(archive, { version: 1, steps, outputs: { 'page.png': 'slow' } }))
    expect(done).toMatchObject({ state: 'done', error: null })
    const [, slow] = done.steps
    expect(slow).toMatchObject({ id: 'slow', cache: 'miss', pages: { hit: 0, miss: 3, skipped: 0, failed: 0 } })
    expect(slow?.ms).toBeGreaterThan(0)
  })

  it('ends when a step fails, above the one that is delivered, with what another time may not', async () => {
    const slow = { use: 'test.linger', with: { ms: 20_000 }, timeoutMs: 200 }
    const steps: PipelineDefinition['steps'] = [{ use: 'document.pages', with: { dpi: 60 } }, slow]
    const failed = await ended(archive.services, await startOver(archive, { version: 1, steps, outputs: { 'page.png': 'test.linger' } }))
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'STEP_TIMEOUT', path: expect.stringContaining('steps[1]') } })
  }, 30_000)

  it('fails with the code and place of what failed in a worker', async () => {
    const steps = [{ use: 'document.pages' }, { use: 'image.crop', with: { left: 0, top: 0, width: 90_000, height: 5 } }]
    const failed = await ended(archive.services, await startOver(archive, { version: 1, steps }))
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'INVALID_PARAMETER', path: expect.stringContaining('steps[1]') } })
  })
})

import { digestOf, type PipelineDefinition, type StepDefinition } from '@imagedoc/core'
import { renderPage, scannedPdf } from '@imagedoc/fixtures'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createRunService } from '../../src/runs/run-service.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { type Archive, addCaller, addPdf, ended, greyPdf, openArchive, startOver } from './support.ts'

let archive: Archive
beforeAll(async () => {
  archive = await openArchive({ pages: 2 })
})
afterAll(() => archive[Symbol.asyncDispose]())

/** Three pages, of which the second is wide. */
async function addPoisoned(): ReturnType<typeof addPdf> {
  const { services, collection } = archive
  const widths = [300, 420, 300]
  const pages = await Promise.all(widths.map((width, seed) => renderPage({ seed, layout: 'letter', width, height: 400, dpi: 60 })))
  const bytes = await scannedPdf(pages)
  const original = { mediaType: 'application/pdf', digest: digestOf(bytes), size: bytes.length }
  await services.blobs.put('objects', bytes, { mediaType: original.mediaType })
  return addDocument(services, { collection_id: collection._id, original, pages: pages.length })
}

const over = (how: string, step: Partial<StepDefinition> = {}): PipelineDefinition => ({
  version: 1,
  steps: [
    { use: 'document.pages', with: { dpi: 60 } },
    { id: 'poison', use: 'test.poison', with: { how, over: 360 }, ...step },
  ],
  outputs: { 'page.png': 'poison' },
})

/** Health as a probe asks for it, all the time until it is told to stop; how often there was no good answer, and the slowest. */
function probe(): { stop(): Promise<{ asked: number; bad: number }> } {
  let stopped = false
  let asked = 0
  let bad = 0
  const asking = (async () => {
    while (!stopped) {
      const response = await archive.server.app.request('/health/ready')
      asked++
      if (response.status !== 200) bad++
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  return {
    async stop() {
      stopped = true
      await asking
      return { asked, bad }
    },
  }
}

it.each([
  { does: 'segfaults', how: 'segfault', code: 'PROCESS_CRASHED', step: {} },
  { does: 'loops for ever', how: 'loop', code: 'STEP_TIMEOUT', step: { timeoutMs: 3000 } },
  { does: 'eats memory', how: 'memory', code: 'MEMORY_LIMIT', step: {} },
  { does: 'throws what is no error of ours', how: 'throw', code: 'OPERATION_FAILED', step: {} },
])(
  'a page over which a step $does fails with its code; other pages, other runs and the server go on',
  async ({ how, code, step }) => {
    const { services } = archive
    const { pid } = process
    const document = await addPoisoned()
    const health = probe()
    const bruno = await addCaller(services)
    const own = await addCollection(services, { user_id: bruno.userId })
    const hers = await addPdf(services, own, { pages: 2, seed: 300 })
    const failing = await startOver(archive, over(how, step), document)
    const skipping = await startOver(archive, over(how, { ...step, onError: 'skip' }), document)
    const target = { document_id: hers._id }
    const other = await createRunService(services).start(bruno, { target, pipeline: { definition: greyPdf }, inputs: {} })
    if (other.type !== 'run') throw new Error('No run.')
    expect(await ended(services, other.run)).toMatchObject({ state: 'done', attempt: 1 })
    expect(await ended(services, failing)).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { code, path: expect.stringContaining('steps[1]') },
      pages: { total: 3, failed: 1 },
    })
    const partial = await ended(services, skipping)
    expect(partial).toMatchObject({ state: 'partial', attempt: 1, error: null, result_version: 1 })
    expect(partial.steps.find(({ id }) => id === 'poison')?.pages).toMatchObject({ skipped: 1, failed: 0 })
    const version = await services.tables.versions.get(partial._id)
    expect(version?.outputs.map(({ page }) => page)).toEqual(['1', '3'])
    expect(process.pid).toBe(pid)
    expect(await health.stop()).toMatchObject({ bad: 0 })
  },
  120_000,
)

it.each(['fail', 'skip', 'pass'] as const)(
  'what a step throws is in the log once, with its stack, run and plugin, for %s; no user sees the stack',
  async (onError) => {
    const { services } = archive
    const logged = vi.spyOn(services.log, 'error')
    const run = await ended(services, await startOver(archive, over('throw', { onError }), await addPoisoned()))
    const lines = logged.mock.calls.filter(([facts]) => facts['run'] === run._id)
    logged.mockRestore()
    const stack = expect.stringMatching(/TypeError: The test threw\..*poison-plugin\.ts/s)
    const plugin = 'imagedoc-plugin-test-poison 1.0.0'
    expect(lines).toEqual([
      [
        {
          run: run._id,
          page: expect.stringMatching(/^[0-9a-f]{12}\/2$/),
          step: 'poison',
          use: 'test.poison',
          plugin,
          code: 'OPERATION_FAILED',
          stack,
        },
        'step failed',
      ],
    ])
    const rows = await services.tables.runPages.list({ index: 'by_run', equals: [run._id], limit: 100 })
    expect(JSON.stringify([run, rows])).not.toContain('poison-plugin.ts')
  },
  60_000,
)

it('a page that a user spoilt is not in the log', async () => {
  const { services } = archive
  const logged = vi.spyOn(services.log, 'error')
  const steps = [{ use: 'document.pages' }, { use: 'image.crop', with: { left: 0, top: 0, width: 90_000, height: 1 } }]
  expect(await ended(services, await startOver(archive, { version: 1, steps }))).toMatchObject({ error: { code: 'INVALID_PARAMETER' } })
  expect(logged).not.toHaveBeenCalled()
  logged.mockRestore()
}, 60_000)

it('a user with 40 runs that wait does not hold up the one of another', async () => {
  const { services } = archive
  const many = await Promise.all(
    Array.from({ length: 40 }, (_, mark) => {
      const steps: PipelineDefinition['steps'] = [
        { use: 'document.pages', with: { dpi: 60 } },
        { use: 'test.linger', with: { ms: 100, mark } },
      ]
      return startOver(archive, { version: 1, steps })
    }),
  )
  const bruno = await addCaller(services)
  const own = await addCollection(services, { user_id: bruno.userId })
  const document = await addPdf(services, own, { pages: 2, seed: 400 })
  const started = await createRunService(services).start(bruno, {
    target: { document_id: document._id },
    pipeline: { definition: greyPdf },
    inputs: {},
  })
  if (started.type !== 'run') throw new Error('No run.')
  expect(await ended(services, started.run)).toMatchObject({ state: 'done' })
  const waiting = await services.tables.runs.count('by_user_state', [archive.ana.userId, 'queued'])
  expect(waiting).toBeGreaterThan(20)
  for (const run of many) await archive.service.cancel(archive.ana, run._id)
  for (const run of many) await ended(services, run)
}, 60_000)

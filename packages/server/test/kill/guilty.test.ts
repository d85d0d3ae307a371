import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { defineConfig, type PipelineDefinition } from '@imagedoc/core'
import { renderPage, scannedPdf } from '@imagedoc/fixtures'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { expect, it } from 'vitest'
import { createServices } from '../../src/create-services.ts'
import type { Run } from '../../src/records/run.ts'
import { createRunService } from '../../src/runs/run-service.ts'
import type { Services } from '../../src/services.ts'
import { makeDataFolder } from '../../src/settings/data-folder.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { addCaller } from '../runs/support.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { assertConsistent } from '../support/assert-consistent.ts'
import poison from '../support/poison-plugin.ts'
import reading from '../support/reading-plugin.ts'
import { createKilledServer, type KilledServer } from './killed-server.ts'

/** Small pages of these widths; over one that is wider than 360 the server dies. */
async function startRun(services: Services, widths: readonly number[]): Promise<Run> {
  const caller = await addCaller(services)
  const { _id: collection_id } = await addCollection(services, { user_id: caller.userId })
  const pages = await Promise.all(widths.map((width, seed) => renderPage({ seed, layout: 'letter', width, height: 400, dpi: 60 })))
  const original = await services.blobs.put('objects', await scannedPdf(pages), { mediaType: 'application/pdf' })
  const document = await addDocument(services, { collection_id, original, pages: widths.length })
  const definition: PipelineDefinition = {
    version: 1,
    steps: [
      { use: 'document.pages', with: { dpi: 60 } },
      { use: 'test.linger', with: { ms: 150 } },
      { id: 'poison', use: 'test.poison', with: { how: 'host', over: 360 } },
    ],
    outputs: { 'page.png': 'poison' },
  }
  const target = { document_id: document._id }
  const started = await createRunService(services).start(caller, { target, pipeline: { definition }, inputs: {} })
  if (started.type !== 'run') throw new Error('No run.')
  return started.run
}

/** The store while no server has it. */
async function openStore(dataFolder: string): Promise<Services & AsyncDisposable> {
  await makeDataFolder(dataFolder)
  const settings = { ...readSettings({}), logLevel: 'silent' as const, dataFolder }
  return createServices({ environment: {}, settings, config: defineConfig({ plugins: [image(), pdf(), reading(), poison()] }) })
}

/** Starts the server again whenever it has died, until every run has ended; how often it was seen to die. */
async function serveUntilDone(server: KilledServer, dataFolder: string): Promise<number> {
  for (let deaths = 0; ; ) {
    await server.start()
    const died = await Promise.race([server.ended().then(() => true), wait(6000, false)])
    if (died) deaths++
    else await server.stop()
    await using services = await openStore(dataFolder)
    const { runs } = services.tables
    const open = (await runs.count('by_state', ['queued'])) + (await runs.count('by_state', ['running']))
    if (open === 0) return deaths
  }
}

it('of runs that were at work when the server died, again and again, only the one that kills it fails', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'imagedoc-guilty-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(dataFolder, { recursive: true, force: true }))
  const server = createKilledServer({ IMAGEDOC_DATA: dataFolder })
  stack.defer(() => server.kill())
  const begun = await openStore(dataFolder)
  const guilty = await startRun(begun, [300, 420, 310])
  const innocent = await Promise.all([311, 312, 313, 314].map((width) => startRun(begun, [width, width + 20, width + 30])))
  await begun[Symbol.asyncDispose]()
  const deaths = await serveUntilDone(server, dataFolder)
  await using services = await openStore(dataFolder)
  expect(await services.tables.runs.get(guilty._id)).toMatchObject({ state: 'failed', error: { code: 'PROCESS_CRASHED' } })
  for (const { _id } of innocent) expect(await services.tables.runs.get(_id)).toMatchObject({ state: 'done', error: null })
  expect(deaths).toBeGreaterThan(0)
  expect(deaths).toBeLessThanOrEqual(5)
  await assertConsistent(services, { crashed: true })
}, 180_000)

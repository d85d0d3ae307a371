import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileBlobStore, createMemoryResultCache, defineConfig } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { describe, expect, it } from 'vitest'
import { createLocalJobQueue } from '../src/drivers/local-job-queue.ts'
import { createSqliteMetadataStore } from '../src/drivers/sqlite/metadata-store.ts'
import { createFileRoutes } from '../src/files/routes.ts'
import type { Document } from '../src/records/document.ts'
import { createRunService } from '../src/runs/run-service.ts'
import type { Services } from '../src/services.ts'
import type { ServerSettings } from '../src/settings/settings.ts'
import { addCaller, addPdf, ended, greyPdf } from './runs/support.ts'
import { addCollection } from './support/archive.ts'
import reading from './support/reading-plugin.ts'
import { openTestServer } from './support/test-server.ts'
import { appFor } from './uploads/support.ts'

type Scope = ServerSettings['cacheScope']

const config = defineConfig({ plugins: [image(), pdf(), reading()] })

/** Two owners with the same file. */
async function addTwo(services: Services) {
  const owner = async () => {
    const caller = await addCaller(services)
    const collection = await addCollection(services, { user_id: caller.userId })
    return { caller, collection, document: await addPdf(services, collection, { pages: 2 }) }
  }
  return { ana: await owner(), bruno: await owner() }
}

/** How each step of a run came by its results. */
async function run(services: Services, { caller, document }: { caller: Awaited<ReturnType<typeof addCaller>>; document: Document }) {
  const target = { document_id: document._id }
  const started = await createRunService(services).start(caller, { target, pipeline: { definition: greyPdf }, inputs: {} })
  if (started.type !== 'run') throw new Error('No run.')
  const done = await ended(services, started.run)
  expect(done).toMatchObject({ state: 'done', error: null })
  return done.steps.map(({ cache }) => cache)
}

describe.each<{ cacheScope: Scope; finds: boolean }>([
  { cacheScope: 'shared', finds: true },
  { cacheScope: 'owner', finds: false },
])('with results that are found by $cacheScope', ({ cacheScope, finds }) => {
  it(`a run ${finds ? 'finds' : 'does not find'} what another owner's run of the same file has made, and finds its own`, async () => {
    await using server = await openTestServer({ runs: true, settings: { cacheScope }, config })
    const { ana, bruno } = await addTwo(server.services)
    expect(await run(server.services, ana)).not.toContain('hit')
    expect((await run(server.services, bruno)).includes('hit')).toBe(finds)
    for (const owner of [ana, bruno]) expect(await run(server.services, owner)).toContain('hit')
  }, 60_000)

  it(`a page's image ${finds ? 'is' : 'is not'} shown from what another owner has looked at`, async () => {
    await using server = await openTestServer({ settings: { cacheScope }, config })
    const { services } = server
    const { ana, bruno } = await addTwo(services)
    const hits: number[] = []
    const watched: Services['interactive'] = {
      ...services.interactive,
      async run(...call) {
        const result = await services.interactive.run(...call)
        hits.push(result.receipt.steps.reduce((sum, { pages }) => sum + pages.hit, 0))
        return result
      },
    }
    const routes = createFileRoutes({ ...services, interactive: watched })
    for (const { caller, document } of [ana, bruno, ana, bruno])
      expect((await appFor(routes, caller).request(`/documents/${document._id}/pages/1?width=160`)).status).toBe(200)
    expect(hits.map((count) => count > 0)).toEqual([false, finds, true, true])
  }, 60_000)

  it('a server and a worker in another process agree on it', async () => {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'imagedoc-scope-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const store = stack.use(createSqliteMetadataStore({ path: join(folder, 'shared.sqlite') }))
    const blobs = stack.use(createFileBlobStore({ path: join(folder, 'blobs') }))
    const queue = stack.use(createLocalJobQueue())
    const drivers = { store, blobs, queue, distributed: true, cache: createMemoryResultCache() }
    const open = async () => stack.use(await openTestServer({ settings: { cacheScope }, config, drivers }))
    const [server, worker] = [await open(), await open()]
    stack.use(await server.services.runner.start({ work: null }))
    stack.use(await worker.services.runner.start({ dispatch: false }))
    const { ana, bruno } = await addTwo(server.services)
    await run(server.services, ana)
    expect(await run(server.services, ana)).toContain('hit')
    expect((await run(server.services, bruno)).includes('hit')).toBe(finds)
  }, 60_000)
})

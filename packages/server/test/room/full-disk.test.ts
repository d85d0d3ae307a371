import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, fromBytes } from '@imagedoc/core'
import { renderPage } from '@imagedoc/fixtures'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLog } from '../../src/logging/log.ts'
import { openRoom } from '../../src/room/room.ts'
import { createServer } from '../../src/server.ts'
import { makeDataFolder } from '../../src/settings/data-folder.ts'
import { addPdf, ended, greyPdf } from '../runs/support.ts'
import { addCollection } from '../support/archive.ts'
import poison from '../support/poison-plugin.ts'
import reading from '../support/reading-plugin.ts'
import { mountDisk, noDisk, requireDisk, type SmallDisk } from '../support/small-disk.ts'
import { addUser, callRpc, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'
import { tusClient } from '../uploads/tus-client.ts'

requireDisk()

const config = defineConfig({ plugins: [image(), pdf(), reading(), poison()] })
const page = await renderPage({ seed: 1, width: 300, height: 400 })

describe.skipIf(noDisk)(noDisk ?? 'a disk that is full', () => {
  let disk: SmallDisk
  let stack: AsyncDisposableStack
  beforeEach(() => {
    stack = new AsyncDisposableStack()
    disk = stack.use(mountDisk())
  })
  afterEach(() => stack.disposeAsync())

  async function open(): Promise<TestServer> {
    await makeDataFolder(disk.folder)
    const server = stack.use(await openTestServer({ settings: { dataFolder: disk.folder }, config }))
    await server.services.room.look()
    expect(existsSync(join(disk.folder, 'reserve'))).toBe(true)
    return server
  }
  const ready = async ({ app }: TestServer, ana: TestUser) => {
    const manager = await app.request('/health/ready', { headers: { Authorization: `Bearer ${ana.token}` } })
    return { status: manager.status, ...((await manager.json()) as { checks: { disk: { ok: boolean; code?: string } } }) }
  }
  const client = ({ app }: TestServer, { token }: TestUser) =>
    tusClient({
      request: (path: string, init: RequestInit) =>
        app.request(path, { ...init, headers: { ...(init.headers as Record<string, string>), Authorization: `Bearer ${token}` } }),
    } as never)

  it('takes nothing more, deletes and purges, says why, and goes on by itself when there is room', async () => {
    const server = await open()
    const { services, app } = server
    const ana = await addUser(services, { role: 'manager' })
    const call = (path: string, type: 'query' | 'mutation', input: unknown) => callRpc(app, { path, type, input, token: ana.token })
    const collection = await addCollection(services, { user_id: ana.id })
    const documents = [1, 2, 3].map((seed) => addPdf(services, collection, { pages: 2, seed }))
    const [worked, purged] = [await documents[0]!, await documents[1]!]
    await documents[2]
    const target = { document_id: worked._id }
    const definition = { definition: greyPdf }
    const accepted = await call('runs.start', 'mutation', { target, pipeline: definition, idempotencyKey: 'key-of-the-accepted' })
    const { run } = accepted.data as { run: { id: string } }
    const upload = client(server, ana)
    const bytes = await page.tiff()
    const path = (await upload.create(bytes.length)).headers.get('Location') ?? ''
    await upload.patch(path, 0, bytes.subarray(0, 1000))
    expect(await ready(server, ana)).toMatchObject({ status: 200, checks: { disk: { ok: true } } })

    disk.fill()
    expect(await ready(server, ana)).toMatchObject({ status: 503, checks: { disk: { ok: false, code: 'STORE_FULL' } } })
    // What grows is refused by its own name, an upload with what had arrived kept.
    const refused = await upload.patch(path, 1000, bytes.subarray(1000))
    expect([refused.status, refused.headers.get('Upload-Error')]).toEqual([507, 'STORE_FULL'])
    expect((await upload.head(path)).headers.get('Upload-Offset')).toBe('1000')
    expect((await upload.create(10)).headers.get('Upload-Error')).toBe('STORE_FULL')
    const started = await call('runs.start', 'mutation', { target, pipeline: definition, idempotencyKey: 'key-of-the-refused' })
    expect(started).toMatchObject({ outcome: 'STORE_FULL' })
    await expect(services.blobs.put('objects', new Uint8Array(10), { mediaType: 'text/plain' })).rejects.toMatchObject({
      code: 'STORE_FULL',
    })
    // Runs wait.
    const runner = stack.use(await services.runner.start())
    // Deleting works on the very last byte.
    expect(await call('documents.delete', 'mutation', { id: purged._id })).toMatchObject({ outcome: 'ok' })
    expect(await call('documents.purge', 'mutation', { id: purged._id })).toMatchObject({ outcome: 'ok' })
    expect(await services.blobs.stat(purged.original.digest)).toBeUndefined()
    expect(await services.tables.runs.get(run.id)).toMatchObject({ state: 'queued', attempt: 0 })

    disk.empty()
    expect(await ready(server, ana)).toMatchObject({ status: 503 })
    // What was met is believed for a while.
    await expect.poll(() => ready(server, ana), { timeout: 20_000, interval: 500 }).toMatchObject({ status: 200 })
    expect(existsSync(join(disk.folder, 'reserve'))).toBe(true)
    expect((await upload.patch(path, 1000, bytes.subarray(1000))).status).toBe(204)
    expect(await ended(services, { _id: run.id })).toMatchObject({ state: 'done', error: null })
    await runner[Symbol.asyncDispose]()
  }, 60_000)

  it('does not fail a run that is under way: it waits, and goes on from the pages that were done', async () => {
    const server = await open()
    const { services } = server
    const ana = await addUser(services)
    const collection = await addCollection(services, { user_id: ana.id })
    const document = await addPdf(services, collection, { pages: 6 })
    const steps = [
      { use: 'document.pages', with: { dpi: 60 } },
      { use: 'test.linger', with: { ms: 300 } },
    ]
    const target = { document_id: document._id }
    const input = { target, pipeline: { definition: { version: 1, steps } }, idempotencyKey: 'key-of-this-one' }
    const { data } = await callRpc(server.app, { path: 'runs.start', type: 'mutation', input, token: ana.token })
    const run = (data as { run: { id: string } }).run.id
    const { begunPages, runPages, runs } = services.tables
    stack.use(await services.runner.start({ work: { concurrency: 1 } }))
    await expect.poll(() => runPages.count('by_run', [run]), { timeout: 20_000, interval: 5 }).toBeGreaterThan(0)
    disk.fill()
    await services.room.look()
    await expect.poll(() => begunPages.count('by_run', [run]), { timeout: 20_000 }).toBe(0)
    expect(await runs.get(run)).toMatchObject({ state: 'running', error: null })
    const done = await runPages.count('by_run', [run])
    expect(done).toBeLessThan(6)
    disk.empty()
    expect(await ended(services, { _id: run })).toMatchObject({ state: 'done', error: null, pages: { done: 6, failed: 0 } })
  }, 60_000)

  it('keeps no results, and says so in a diagnostic of the run', async () => {
    const server = await open()
    disk.fill()
    await server.services.room.look()
    const definition = { version: 1 as const, steps: [{ use: 'image.grayscale' }], outputs: { 'page.png': 'image.grayscale' } }
    const input = fromBytes(await page.png(), { name: 'page' })
    const { status, diagnostics } = await server.services.imagedoc.run(definition, { input })
    expect(status).toBe('done')
    expect(diagnostics).toMatchObject([{ code: 'CACHE_UNAVAILABLE', message: expect.stringContaining('full') }])
  })

  it('is named when a server is started on it, and one that has its reserve starts', async () => {
    const start = () => createServer({ config, environment: { IMAGEDOC_DATA: disk.folder, PORT: '0', IMAGEDOC_LOG: 'silent' } })
    disk.fill()
    await expect(start()).rejects.toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining('the disk is full') })
    disk.empty()
    const first = await start()
    await fetch(`${first.url}/health/ready`)
    await first[Symbol.asyncDispose]()
    disk.fill()
    const second = await start()
    const health = await fetch(`${second.url}/health/ready`)
    expect([health.status, await health.json()]).toMatchObject([503, { checks: { disk: { code: 'STORE_FULL' }, database: { ok: true } } }])
    await second[Symbol.asyncDispose]()
  }, 60_000)

  it('is mentioned once a minute, and when there is room again', async () => {
    const lines: string[] = []
    const log = createLog('info', { stderr: { isTTY: true, write: (text: string | Uint8Array) => lines.push(String(text)) > 0 } })
    const room = stack.use(await openRoom({ folder: disk.folder, log }))
    await room.look()
    disk.fill()
    for (let times = 0; times < 5; times++) await room.look()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('no room')
    disk.empty()
    await room.look()
    expect(lines.at(-1)).toContain('there is room again')
    expect(lines).toHaveLength(2)
  })

  it('gives back its reserve once, and has it again when there is room', async () => {
    const room = stack.use(await openRoom({ folder: disk.folder, log: createLog('silent') }))
    await room.look()
    const reserve = join(disk.folder, 'reserve')
    expect(existsSync(reserve)).toBe(true)
    disk.fill()
    expect([room.release(), room.release()]).toEqual([true, false])
    disk.fill()
    await room.look()
    expect([room.isFull(), existsSync(reserve)]).toEqual([true, false])
    disk.empty()
    await room.look()
    expect(existsSync(reserve)).toBe(true)
  })
})

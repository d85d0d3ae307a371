import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createFileBlobStore, createMemoryResultCache, defineConfig, digestOf, ImageDocError } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { claimRun, endRun } from '../../src/runs/claim.ts'
import { createRunPages } from '../../src/runs/run-pages.ts'
import reading from '../support/reading-plugin.ts'
import { openTestServer, type TestServer } from '../support/test-server.ts'
import { type Archive, ended, greyPdf, openArchive, startOver } from './support.ts'

const firstPage = { source: null, page: 0, part: [], copy: 0 } as never
const work = { page: firstPage, step: 'grey', use: 'image.grayscale', segment: 'grey 123' }
const hole = {
  outcome: { hole: { step: 'grey', error: new ImageDocError('ENGINE_FAILED', 'It broke.').toJSON() } },
  steps: [],
  diagnostics: [],
}
const noBytes = (): Promise<Uint8Array> => Promise.reject(new Error('There are none.'))
const turns = { take: <Value>(_: unknown, compute: () => Promise<Value>) => compute(), async [Symbol.asyncDispose]() {} }

let folder: string
let stack: AsyncDisposableStack
let archive: Archive
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-takeover-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
})
afterEach(() => stack.disposeAsync())

/** Another process over the same database and blobs; its cache is its own. */
async function openTwo(): Promise<{ other: TestServer }> {
  const store = stack.use(createSqliteMetadataStore({ path: join(folder, 'shared.sqlite') }))
  const blobs = stack.use(createFileBlobStore({ path: join(folder, 'blobs') }))
  const config = defineConfig({ plugins: [image(), pdf(), reading()] })
  const drivers = () => ({ store, blobs, cache: createMemoryResultCache() })
  archive = stack.use(await openArchive({ runs: false, drivers: drivers(), config }))
  return { other: stack.use(await openTestServer({ runs: false, drivers: drivers(), config })) }
}

describe('a run that two processes want', () => {
  it('is one of them alone, until that has lost its lease', async () => {
    const { other } = await openTwo()
    const { services } = archive
    const run = await startOver(archive, greyPdf)
    const claim = await claimRun(services, run._id)
    expect(claim?.run).toMatchObject({ state: 'running', attempt: 1 })
    expect(await claimRun(other.services, run._id)).toBeUndefined()
    // As if it had stood still for longer than its lease.
    const lock = await services.tables.locks.get(`run:${run._id}`)
    await services.tables.locks.replaceIf({ ...lock!, expires_at: new Date(0) })
    const second = await claimRun(other.services, run._id)
    expect(second?.run).toMatchObject({ state: 'running', attempt: 2, started_at: claim!.run.started_at })
    // The first one wakes up: it may write down nothing more, and end nothing.
    const pages = createRunPages(services, claim!.run, turns)
    await expect(pages.record(work, hole, noBytes)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await services.tables.runPages.count('by_run', [run._id])).toBe(0)
    const ending = {
      state: 'failed' as const,
      error: new ImageDocError('INTERNAL', 'No.').toJSON(),
      steps: [],
      pages: run.pages,
      result_version: null,
    }
    expect(await endRun(services, claim!.run, ending)).toBeUndefined()
    await createRunPages(other.services, second!.run, turns).record(work, hole, noBytes)
    expect(await endRun(other.services, second!.run, ending)).toMatchObject({ state: 'failed', attempt: 2 })
    await services.tables.runPages
      .list({ index: 'by_run', equals: [run._id], limit: 1 })
      .then(({ rows }) => services.tables.runPages.delete(rows[0]!._id))
    await second!.lease[Symbol.asyncDispose]()
    await claim!.lease[Symbol.asyncDispose]()
  })

  it('that ends while one of its pages is being written down holds nothing afterwards', async () => {
    await openTwo()
    const { services } = archive
    const run = await startOver(archive, greyPdf)
    const claim = await claimRun(services, run._id)
    const bytes = new TextEncoder().encode('a page')
    const descriptor = { digest: digestOf(bytes), mediaType: 'text/plain', size: bytes.length }
    const done = { kind: 'text', meta: {}, matrix: null, descriptor, properties: {} } as never
    const reading = Promise.withResolvers<Uint8Array>()
    const begun = Promise.withResolvers<void>()
    const read = (): Promise<Uint8Array> => {
      begun.resolve()
      return reading.promise
    }
    const writing = createRunPages(services, claim!.run, turns).record(work, { ...hole, outcome: { done, exact: true } }, read)
    await begun.promise
    const error = new ImageDocError('CANCELLED', 'The run was cancelled.').toJSON()
    await endRun(services, claim!.run, { state: 'cancelled', error, steps: [], pages: run.pages, result_version: null })
    reading.resolve(bytes)
    await writing
    expect(await services.tables.runPages.count('by_run', [run._id])).toBe(0)
    await claim!.lease[Symbol.asyncDispose]()
  })

  it('is given back when its process stops, and the other goes on with what was written down', async () => {
    const { other } = await openTwo()
    const { services } = archive
    const run = await startOver(archive, greyPdf)
    const first = await claimRun(services, run._id)
    const pages = createRunPages(services, first!.run, turns)
    await pages.record(work, hole, noBytes)
    await first!.lease[Symbol.asyncDispose]()
    const runner = await other.services.runner.start()
    const done = await ended(services, run)
    expect(done).toMatchObject({ state: 'done', attempt: 2, result_version: 1 })
    await expect.poll(() => services.tables.runPages.count('by_run', [run._id])).toBe(0)
    await runner[Symbol.asyncDispose]()
  })

  it('that was published, and whose end was not written down, ends without being computed again', async () => {
    await openTwo()
    const { services, document } = archive
    const run = await startOver(archive, greyPdf)
    let runner = await services.runner.start()
    const done = await ended(services, run)
    await expect.poll(() => services.tables.runPages.count('by_run', [run._id])).toBe(0)
    await runner[Symbol.asyncDispose]()
    // The moment between the two writes, and another run that was published after it.
    const later = await startOver(archive, { ...greyPdf, outputs: { 'pages.pdf': 'pdf' } })
    const again = { state: 'running' as const, result_version: null, ended_at: null, steps: [] }
    await services.tables.runs.replaceIf({ ...(await services.tables.runs.get(run._id))!, ...again })
    const reads = countRuns(services.imagedoc)
    runner = await services.runner.start()
    const ends = [await ended(services, run), await ended(services, later)]
    expect(ends).toMatchObject([
      { state: 'done', attempt: 2, result_version: 1, steps: done.steps },
      { state: 'done', attempt: 1, result_version: 2 },
    ])
    expect(reads.count()).toBe(1)
    expect(await services.tables.versions.count('by_document', [document._id])).toBe(2)
    expect((await services.tables.documents.get(document._id))?.current_version).toBe(2)
    await runner[Symbol.asyncDispose]()
  })

  it('is done however often it was begun, when none of its pages was at work in what ended', async () => {
    await openTwo()
    const { services } = archive
    const run = await startOver(archive, greyPdf)
    const row = await services.tables.runs.get(run._id)
    await services.tables.runs.replaceIf({ ...row!, state: 'running', attempt: 50, started_at: new Date() })
    await using _runner = await services.runner.start()
    expect(await ended(services, run)).toMatchObject({ state: 'done', attempt: 51 })
  })

  it('is gone on with by the next start of a server that was stopped in the middle of it', async () => {
    await openTwo()
    const { services } = archive
    const runs = await Promise.all([1, 2, 3].map(() => startOver(archive, greyPdf)))
    const runner = await services.runner.start()
    await wait(20)
    await runner[Symbol.asyncDispose]()
    const states = await Promise.all(runs.map(async ({ _id }) => (await services.tables.runs.get(_id))?.state))
    // What was begun was finished within the 10 s; what was not waits as before.
    expect(states.every((state) => state === 'done' || state === 'queued')).toBe(true)
    await using _next = await services.runner.start()
    for (const run of runs) expect(await ended(services, run)).toMatchObject({ state: 'done' })
  })
})

/** How many runs an ImageDoc does from now on. */
function countRuns(imagedoc: { run: (...call: never[]) => unknown }): { count(): number } {
  const run = imagedoc.run.bind(imagedoc)
  let count = 0
  Object.assign(imagedoc, {
    run: (...call: never[]) => {
      count++
      return run(...call)
    },
  })
  return { count: () => count }
}

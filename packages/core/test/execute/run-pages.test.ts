import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type BlobStore, createFileBlobStore, ImageDocError, type PipelineDefinition, type RunResult } from '../../src/index.ts'
import { imageFile, readImageFile } from '../workshop/codec.ts'
import { createPageRecord, type PageRecordKept } from '../workshop/page-record.ts'
import { createProvider, type Provider } from '../workshop/text-operations.ts'
import { createEventLog, imageInput, openWorkshop, textInput, textOf } from '../workshop/workshop.ts'

let folder: string
let blobs: BlobStore
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-record-'))
  blobs = createFileBlobStore({ path: folder })
})
// A run that its record ended may still be writing a page.
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))

const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)
beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => void process.off('unhandledRejection', note))
afterEach(() => expect(unhandled).toEqual([]))

/** Three pages of one pixel: 1, 2, 3. */
const three = imageFile({ mediaType: 'image/tiff', pages: 3, width: 1, height: 1 })
/** Too large to stand in a record of the cache: their bytes are blobs there. */
const large = imageFile({ mediaType: 'image/tiff', pages: 2, width: 700, height: 400 })
/** Grey, then dear, then read, then one text of all. */
const reading: PipelineDefinition = {
  version: 1,
  steps: [
    { use: 'test.pages' },
    { use: 'test.add' },
    { use: 'test.clean', with: { by: 0 } },
    { use: 'test.read', cache: true },
    { use: 'test.join-some' },
  ],
}

interface Attempt {
  readonly result: RunResult
  /** Calls of operations. */
  readonly taken: Record<string, number>
  readonly pages: PageRecordKept
  readonly events: ReturnType<typeof createEventLog>['events']
}

interface Attempting {
  readonly definition?: PipelineDefinition
  readonly input?: Uint8Array
  /** Of the attempt before. */
  readonly after?: Attempt
  readonly fail?: (operation: string, value: number | string) => void
  readonly provider?: Provider
}

/** One attempt of a run, by a process whose cache is empty. */
async function attempt({ definition = reading, input = three, after, fail, provider }: Attempting): Promise<Attempt> {
  await using shop = openWorkshop({ blobs, ...(provider ? { provider } : {}) })
  const pages = createPageRecord(blobs, new Map(after?.pages.records))
  if (fail) shop.log.before = fail
  const seen = createEventLog()
  const result = await shop.imagedoc.run(definition, { input: imageInput(input) }, { pages, ...seen })
  return { result, taken: shop.log.taken(), pages, events: seen.events }
}

const breakOn =
  (operation: string, value: number) =>
  (name: string, seen: number | string): void => {
    if (name === operation && seen === value) throw new ImageDocError('ENGINE_FAILED', 'It broke.')
  }

const joined = async ({ result }: Attempt): Promise<string> => textOf(await result.outputs['test.join-some.txt']!.one())
const told = ({ result }: Attempt) =>
  result.receipt.steps.map(({ id, pages, ms, diagnostics }) => ({ id, pages, ms, diagnostics: diagnostics.map(({ code }) => code) }))

describe('a run that goes on from the record of another attempt', () => {
  it('computes nothing that was written down, although its cache is empty', async () => {
    const first = await attempt({})
    expect(first.taken).toMatchObject({ add: 3, clean: 3, read: 3, 'join-some': 1 })
    const second = await attempt({ after: first })
    expect(second.result.status).toBe('done')
    // What leaves an expansion is the cache's to keep: opening the file again costs little beside what is done with it.
    expect({ ...second.taken, pages: 0 }).toEqual({ pages: 0 })
    expect(await joined(second)).toBe(await joined(first))
    expect(second.result.receipt.outputs).toEqual(first.result.receipt.outputs)
  })

  it('computes only what is missing in it', async () => {
    const first = await attempt({})
    const [lost] = [...first.pages.records.keys()].filter((key) => key.includes('/2 test.clean'))
    first.pages.records.delete(lost ?? '')
    for (const key of [...first.pages.records.keys()])
      if (key.includes('test.read') || key.includes('join')) first.pages.records.delete(key)
    const second = await attempt({ after: first })
    expect({ ...second.taken, pages: 0 }).toEqual({ pages: 0, add: 1, clean: 1, read: 3, 'join-some': 1 })
    expect(await joined(second)).toBe(await joined(first))
  })

  it('finds large artifacts by their digests, with the way back to the original', async () => {
    const definition: PipelineDefinition = {
      version: 1,
      steps: [
        { use: 'test.pages' },
        { use: 'test.crop', with: { left: 10 } },
        { use: 'test.clean' },
        { id: 'end', use: 'test.crop', with: { left: 5 } },
      ],
      outputs: { 'p.png': 'end' },
    }
    const first = await attempt({ definition, input: large })
    for (const key of [...first.pages.records.keys()]) if (!key.includes('test.clean')) first.pages.records.delete(key)
    const second = await attempt({ definition, input: large, after: first })
    expect({ ...second.taken, pages: 0 }).toEqual({ pages: 0, crop: 2 })
    const pagesOf = async ({ result }: Attempt) =>
      Promise.all(
        result.outputs['p.png']!.entries().map(async ({ artifact }) => ({
          pixels: readImageFile(await artifact!.bytes()),
          matrix: artifact!.origin.matrix,
          page: artifact!.origin.page,
          source: artifact!.origin.source,
        })),
      )
    expect(await pagesOf(second)).toEqual(await pagesOf(first))
    expect((await pagesOf(second))[0]?.matrix).toEqual([1, 0, 15, 0, 1, 0, 0, 0, 1])
  })

  it('tells the same of what it finds there: pages, times and diagnostics', async () => {
    const first = await attempt({})
    for (const key of [...first.pages.records.keys()]) if (key.includes(' test.read ')) first.pages.records.delete(key)
    const second = await attempt({ after: first })
    const found = (attempted: Attempt) => told(attempted).filter(({ id }) => ['test.add', 'test.clean', 'test.join-some'].includes(id))
    expect(found(second)).toEqual(found(first))
    expect(found(second)).toMatchObject([
      { pages: { miss: 3 } },
      { pages: { miss: 3 }, diagnostics: Array(3).fill('NOTHING_TO_CLEAN') },
      { pages: { miss: 1 } },
    ])
    const done = ({ events }: Attempt) =>
      events.filter(({ type }) => type === 'page-done').filter((event) => 'step' in event && event.step === 'test.clean')
    expect(done(second)).toHaveLength(3)
  })

  it('has the same holes, and asks nobody again', async () => {
    const steps = reading.steps.map((step) => (step.use === 'test.clean' ? { ...step, onError: 'skip' as const } : step))
    const definition = { ...reading, steps }
    const first = await attempt({ definition, fail: breakOn('clean', 3) })
    expect(first.result.status).toBe('partial')
    const second = await attempt({ definition, after: first })
    expect(second.result.status).toBe('partial')
    expect({ ...second.taken, pages: 0 }).toEqual({ pages: 0 })
    expect(await joined(second)).toBe('2|(hole)|4')
    expect(told(second).find(({ id }) => id === 'test.clean')?.pages).toMatchObject({ skipped: 1, failed: 0 })
    const skips = ({ events }: Attempt) =>
      events.filter(({ type }) => type === 'page-skipped').map((event) => ({ ...event, seq: 0, at: '' }))
    expect(skips(second)).toEqual(skips(first))
  })

  it('fails with the same error at the same place, and does the pages that were not begun', async () => {
    const first = await attempt({ fail: breakOn('clean', 3) })
    expect(first.result).toMatchObject({ status: 'failed', error: { code: 'ENGINE_FAILED', path: 'steps[2]' } })
    for (const key of [...first.pages.records.keys()]) if (key.includes('/3 ')) first.pages.records.delete(key)
    const second = await attempt({ after: first })
    expect(second.result).toMatchObject({
      status: 'failed',
      error: { code: 'ENGINE_FAILED', path: 'steps[2]', message: first.result.error?.message },
    })
    expect({ ...second.taken, pages: 0 }).toEqual({ pages: 0, add: 1, clean: 1, read: 1 })
  })

  it('takes nothing that was made with other parameters, nor what was made of it', async () => {
    const first = await attempt({})
    const steps = reading.steps.map((step) => (step.use === 'test.clean' ? { ...step, with: { by: 1 } } : step))
    const second = await attempt({ definition: { ...reading, steps }, after: first })
    expect(second.pages.found).toEqual([])
    expect(second.taken).toMatchObject({ clean: 3, read: 3, 'join-some': 1 })
    expect(await joined(second)).toBe('3|4|5')
  })

  it('takes nothing that another model of the engine made', async () => {
    const definition: PipelineDefinition = {
      version: 1,
      steps: [{ use: 'test.words' }, { use: 'test.translate', with: { to: 'de' }, cache: true }, { use: 'test.join' }],
    }
    const run = async (model: string, records?: PageRecordKept['records']) => {
      const provider = { ...createProvider(), model }
      await using shop = openWorkshop({ blobs, provider })
      const pages = createPageRecord(blobs, records)
      await shop.imagedoc.run(definition, { input: textInput('eins zwei') }, { pages })
      return { pages, calls: provider.calls }
    }
    const { pages, calls } = await run('model-1')
    expect(calls).toBe(2)
    expect((await run('model-1', new Map(pages.records))).calls).toBe(0)
    expect((await run('model-2', new Map(pages.records))).calls).toBe(2)
  })
})

describe("the turns of a run's pages", () => {
  it('are asked for by all that this machine computes, and by nothing that was found', async () => {
    const first = await attempt({})
    const count = (turns: readonly string[]) =>
      Object.fromEntries(
        ['test.pages', 'test.clean', 'test.read', 'test.join-some'].map((id) => [id, turns.filter((step) => step === id).length]),
      )
    // One turn opens the file. The grey page and the clean one are made in one go.
    expect(count(first.pages.turns)).toEqual({ 'test.pages': 1 + 3, 'test.clean': 3, 'test.read': 3, 'test.join-some': 1 })
    const second = await attempt({ after: first })
    expect(second.pages.turns.filter((step) => step !== 'test.pages')).toEqual([])
  })

  it('know an engine on the network: waiting for it takes nothing of this machine', async () => {
    await using shop = openWorkshop({ blobs })
    const pages = createPageRecord(blobs)
    const pipeline = shop.imagedoc.pipeline().step('test.words').step('test.translate', { to: 'de' }, { cache: true }).step('test.shout')
    expect((await shop.imagedoc.run(pipeline, { input: textInput('eins zwei') }, { pages })).status).toBe('done')
    expect(new Set(pages.turns)).toEqual(new Set(['test.words', 'test.shout']))
    expect([...pages.records.keys()].some((key) => key.includes('test.translate'))).toBe(true)
  })

  it('end the run when they are refused', async () => {
    await using shop = openWorkshop({ blobs })
    const pages = { ...createPageRecord(blobs), turn: () => Promise.reject(new ImageDocError('STORE_UNAVAILABLE', 'The queue is closed.')) }
    const { status, error } = await shop.imagedoc.run(reading, { input: imageInput(three) }, { pages })
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

describe('a record that cannot be', () => {
  it.each(['test.clean', 'test.read', 'test.join-some'])('written for %s ends the run with its error', async (step) => {
    await using shop = openWorkshop({ blobs })
    const pages = createPageRecord(blobs)
    pages.refuse = (work) => work.step === step
    const { status, error } = await shop.imagedoc.run(reading, { input: imageInput(three) }, { pages })
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: 'The record could not be written.' })
    await new Promise(setImmediate)
  })

  it('written for a page that fails ends the run with its error too', async () => {
    await using shop = openWorkshop({ blobs })
    shop.log.before = breakOn('clean', 3)
    const pages = createPageRecord(blobs)
    pages.refuse = (work) => work.step === 'test.clean'
    const { status, error } = await shop.imagedoc.run(reading, { input: imageInput(three) }, { pages })
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await new Promise(setImmediate)
  })

  it('read ends the run with its error', async () => {
    await using shop = openWorkshop({ blobs })
    const pages = {
      ...createPageRecord(blobs),
      find: () => Promise.reject(new ImageDocError('STORE_UNAVAILABLE', 'The database is away.')),
    }
    const { status, error } = await shop.imagedoc.run(reading, { input: imageInput(three) }, { pages })
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

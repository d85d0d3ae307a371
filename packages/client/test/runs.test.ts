import { initialRunState, type RunState, reduceRun } from '@imagedoc/core'
import { renderPage, scannedPdf } from '@imagedoc/fixtures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, type RunMessage } from '../src/index.ts'
import { type Archive, startArchive, twoPages } from './support/archive.ts'
import { cuttingNetwork } from './support/cutting-network.ts'

let archive: Archive
let collection_id: string
let document_id: string
beforeAll(async () => {
  archive = await startArchive()
  collection_id = (await archive.client.collections.create({ title: 'Letters' })).id
  document_id = (await archive.client.uploadDocument(new Blob([await twoPages()]), { collection_id, title: 'A letter' })).id
}, 60_000)
afterAll(() => archive[Symbol.asyncDispose]())

const grey = () => archive.client.pipeline('grey').step('document.pages').step('image.grayscale').outputs({ 'page.png': 'image.grayscale' })
const stateAfter = (all: readonly RunMessage[]): RunState =>
  all.reduce((state, message) => (message.type === 'snapshot' ? message.state : reduceRun(state, message)), initialRunState)

async function collect(messages: AsyncIterable<RunMessage>): Promise<RunMessage[]> {
  const all: RunMessage[] = []
  for await (const message of messages) all.push(message)
  return all
}

describe('a run', () => {
  it('is started, watched to its end, and its files are downloaded by what it gives', async () => {
    const { client } = archive
    const run = client.run({ document_id }, grey())
    const [events, again, result] = await Promise.all([collect(run.events()), collect(run.events()), run.result()])
    expect(events[0]).toMatchObject({ type: 'run-started', seq: 1 })
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', status: 'done' })
    expect(events.map((event) => 'seq' in event && event.seq)).toEqual(events.map((_, index) => index + 1))
    expect(again).toEqual(events)
    expect(stateAfter(events)).toMatchObject({ status: 'done', steps: [{ total: 2 }, { pages: { miss: 2 } }] })
    expect(result.run).toMatchObject({ id: await run.id, state: 'done', document_id })
    expect(result.outputs.map(({ name, kind }) => [name, kind])).toEqual([
      ['page.png', 'image'],
      ['page.png', 'image'],
    ])
    for (const output of result.outputs) {
      const file = await client.download(document_id, { output })
      expect([file.mediaType, file.digest]).toEqual(['image/png', output.descriptor.digest])
      expect((await new Response(file.stream).arrayBuffer()).byteLength).toBe(output.descriptor.size)
    }
    expect(await client.attach(await run.id).result()).toEqual(result)
  })

  it('that fails rejects with its error, and its events end with it', async () => {
    const run = archive.client.run(
      { document_id },
      { version: 1, steps: [{ use: 'document.pages' }, { use: 'image.crop', with: { left: 5000, top: 0, width: 10, height: 10 } }] },
    )
    const events = await collect(run.events())
    const last = events.at(-1)
    expect(last).toMatchObject({ type: 'run-ended', status: 'failed' })
    const { error } = await archive.client.runs.get({ id: await run.id })
    await expect(run.result()).rejects.toMatchObject({ code: error?.code, message: error?.message, details: { run: await run.id } })
  })

  it('that cannot be started says so wherever it is asked', async () => {
    const run = archive.client.run({ document_id: '0'.repeat(24) }, grey())
    const failure = { code: 'NOT_FOUND' }
    await expect(run.id).rejects.toMatchObject(failure)
    await expect(run.result()).rejects.toMatchObject(failure)
    await expect(run.cancel()).rejects.toMatchObject(failure)
    await expect(collect(run.events())).rejects.toMatchObject(failure)
  })

  it('is started by a saved pipeline', async () => {
    const saved = await archive.client.pipelines.save({ name: 'Grey', definition: grey() })
    const { run } = await archive.client.run({ document_id }, { id: saved.id }).result()
    expect(run).toMatchObject({ state: 'done', saved_pipeline: { id: saved.id, number: 1 } })
  })

  it('that is cancelled ends within a second, and its result is CANCELLED', async () => {
    const { client } = archive
    const pages = await Promise.all(Array.from({ length: 4 }, (_, seed) => renderPage({ seed, width: 1600, height: 2200 })))
    const { id } = await client.uploadDocument(new Blob([new Uint8Array(await scannedPdf(pages))]), { collection_id, title: 'Long' })
    const run = client.run({ document_id: id }, client.pipeline().step('document.pages').step('ocr.recognize').step('ocr.text'))
    let cancelledAt = 0
    let cancelling: Promise<unknown> | undefined
    for await (const event of run.events()) {
      if (event.type !== 'step-started' || event.step !== 'ocr.recognize' || cancelling) continue
      cancelledAt = performance.now()
      cancelling = run.cancel()
    }
    expect(performance.now() - cancelledAt).toBeLessThan(1000)
    await cancelling
    expect(await client.runs.get({ id: await run.id })).toMatchObject({ state: 'cancelled' })
    await expect(run.result()).rejects.toMatchObject({ code: 'CANCELLED' })
  }, 60_000)

  it('is watched to its end over a network that breaks again and again', async () => {
    const run = archive.client.run({ document_id }, grey())
    await using network = await cuttingNetwork(archive.url, [700, 1000, 700, 600, 900])
    const far = createClient({ url: network.url, token: archive.token })
    const events = await collect(far.attach(await run.id).events())
    expect(network.cuts()).toBeGreaterThan(1)
    expect(events.map((event) => 'seq' in event && event.seq)).toEqual(events.map((_, index) => index + 1))
    expect(stateAfter(events)).toMatchObject({ status: 'done' })
    expect(events).toEqual(await collect(archive.client.attach(await run.id).events()))
  })
})

describe('a collection', () => {
  const collectionOfTwo = async (): Promise<string> => {
    const { id } = await archive.client.collections.create({ title: 'Two' })
    for (const title of ['one', 'two']) await archive.client.uploadDocument(new Blob([await twoPages()]), { collection_id: id, title })
    return id
  }

  it('is run as a batch, of which the counts are told until every run has ended', async () => {
    const { client } = archive
    const id = await collectionOfTwo()
    const batch = client.run({ collection_id: id }, grey())
    const told = []
    for await (const counts of batch.events()) told.push(counts)
    expect(told.at(-1)).toMatchObject({
      id: await batch.id,
      state: 'done',
      complete: true,
      runs: 2,
      counts: { done: 2, queued: 0, running: 0 },
    })
    expect(new Set(told.map((one) => JSON.stringify([one.counts, one.complete, one.runs]))).size).toBe(told.length)
    expect(await client.attachBatch(await batch.id).result()).toEqual(told.at(-1))
    expect(await batch.cancel()).toMatchObject({ counts: { done: 2, cancelled: 0 } })
  }, 60_000)

  it('is gathered into one run, which is watched as any other', async () => {
    const from = { pages: 'document.pages', layout: 'ocr.recognize' }
    const words = archive.client.pipeline('all').step('document.pages').step('ocr.recognize')
    const merge = words.step('pdf.searchable', {}, { from }).outputs({ 'all.pdf': 'pdf.searchable' })
    const target = { collection_id: await collectionOfTwo(), gather: true, title: 'All' } as const
    const run = archive.client.run(target, merge)
    expect((await collect(run.events())).at(-1)).toMatchObject({ type: 'run-ended', status: 'done' })
    const { run: row, outputs } = await run.result()
    expect(row).toMatchObject({ gather: true, state: 'done', collection_id: target.collection_id })
    expect(await archive.client.documents.get({ id: row.document_id })).toMatchObject({ title: 'All' })
    expect(outputs).toMatchObject([{ name: 'all.pdf', kind: 'pdf' }])
  }, 60_000)
})

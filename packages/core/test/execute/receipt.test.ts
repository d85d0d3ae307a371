import { describe, expect, it } from 'vitest'
import { initialRunState, isImageDocError, type Output, type Receipt, type RunEvent, type RunState, reduceRun } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { createProvider } from '../workshop/text-operations.ts'
import { createEventLog, imageInput, openWorkshop, textInput, textOf } from '../workshop/workshop.ts'

const tiff = imageFile({ mediaType: 'image/tiff', pages: 3 })

function expectSameNumbers(events: readonly RunEvent[], receipt: Receipt): void {
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
  expect(events.at(0)?.type).toBe('run-started')
  expect(events.at(-1)).toMatchObject({ type: 'run-ended', status: receipt.status })
  const state: RunState = events.reduce(reduceRun, initialRunState)
  expect(state.status).toBe(receipt.status)
  for (const step of receipt.steps) {
    const told = state.steps.find(({ id }) => id === step.id)
    expect(told?.pages).toEqual(step.pages)
    expect(Math.round(told?.ms ?? 0)).toBe(step.ms)
    expect(told?.diagnostics).toEqual(step.diagnostics)
    expect(told?.working).toEqual({})
  }
}

describe('the events of a run', () => {
  it('are numbered without gaps and tell what the receipt tells', async () => {
    await using shop = openWorkshop()
    const pipeline = (by: string) =>
      shop.imagedoc
        .pipeline()
        .step('test.pages')
        .step('test.clean', { by: 0 })
        .step('test.split')
        .step('test.read')
        .step('test.join', { by })
    for (const by of ['|', '|', '-']) {
      const seen = createEventLog()
      const { receipt } = await shop.imagedoc.run(pipeline(by), { input: imageInput(tiff) }, seen)
      expectSameNumbers(seen.events, receipt)
    }
  })

  it('are complete when pages fail, are skipped or the run is cancelled', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.pages')
      .step('test.add', {}, { onError: 'skip' })
      .step('test.clean')
      .step('test.read')
      .step('test.join-some')
    shop.log.before = (operation, value) => {
      if (operation === 'add' && value === 1) throw new Error('No.')
      if (operation === 'clean' && value === 4) throw new Error('No.')
    }
    const failed = createEventLog()
    expectSameNumbers(failed.events, (await shop.imagedoc.run(pipeline, { input: imageInput(tiff) }, failed)).receipt)
    const controller = new AbortController()
    shop.log.before = (operation) => (operation === 'clean' ? controller.abort() : undefined)
    const cancelled = createEventLog()
    const { receipt } = await shop.imagedoc.run(pipeline, { input: imageInput(tiff) }, { ...cancelled, signal: controller.signal })
    expect(receipt.status).toBe('cancelled')
    expect(cancelled.events.at(-1)).toMatchObject({ type: 'run-ended', status: 'cancelled' })
    expect(cancelled.events.map((event) => event.seq)).toEqual(cancelled.events.map((_, index) => index + 1))
  })

  it('are versioned plain JSON with the progress of each page', async () => {
    await using shop = openWorkshop()
    const seen = createEventLog()
    await shop.imagedoc.run(shop.imagedoc.pipeline('named').step('test.clean').step('test.read'), { input: imageInput(imageFile()) }, seen)
    expect(JSON.parse(JSON.stringify(seen.events))).toEqual(seen.events)
    for (const event of seen.events) expect(event).toMatchObject({ schemaVersion: 2, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) })
    expect(seen.events[0]).toMatchObject({ pipeline: 'named', steps: [{ id: 'test.clean', use: 'test.clean' }, { id: 'test.read' }] })
    expect(seen.ofType('step-progress')).toMatchObject([
      { step: 'test.clean', done: 0.5, page: { source: null, page: 0, part: [], copy: 0 } },
    ])
  })

  it('do not let a listener that throws disturb the run', async () => {
    await using shop = openWorkshop()
    const onEvent = (): void => {
      throw new Error('The listener is broken.')
    }
    expect(await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.shout'), { input: textInput('x') }, { onEvent })).toMatchObject({
      status: 'done',
    })
  })

  it('do not let a listener that rejects end the process', async () => {
    await using shop = openWorkshop()
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    const onEvent = async (): Promise<void> => {
      throw new Error('The listener is broken.')
    }
    const { status } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.shout'), { input: textInput('x') }, { onEvent })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect([status, unhandled]).toEqual(['done', []])
  })
})

describe('a run whose signal comes when all is done', () => {
  it('is cancelled, with the error that says so', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.add').outputs({ 'page.png': 'test.add' })
    const input = imageInput(imageFile({ width: 2, height: 2 }))
    await shop.imagedoc.run(pipeline, { input })
    const stop = new AbortController()
    // A file that is in the cache is told of when the work is over.
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'cache-hit') stop.abort()
    }
    const { status, error } = await shop.imagedoc.run(pipeline, { input }, { onEvent, signal: stop.signal })
    expect([status, error?.code]).toEqual(['cancelled', 'CANCELLED'])
  })
})

describe('a receipt', () => {
  it('is plain JSON with versions, parameters and digests', async () => {
    await using shop = openWorkshop()
    const { receipt } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.translate', { to: 'de' }).step('test.shout'), {
      input: textInput('one'),
    })
    expect(JSON.parse(JSON.stringify(receipt))).toEqual(receipt)
    expect(receipt).toMatchObject({
      schemaVersion: 3,
      status: 'done',
      inputs: { input: [{ mediaType: 'text/plain; charset=utf-8', size: 3 }] },
      outputs: { 'test.shout.txt': [{ size: 4, digest: expect.stringMatching(/^sha256:/) }] },
      versions: { '@imagedoc/core': expect.any(String), 'imagedoc-plugin-workshop': '1.0.0' },
      steps: [
        {
          id: 'test.translate',
          version: 1,
          engine: 'remote',
          params: { to: 'de' },
          key: expect.stringMatching(/^[0-9a-f]{64}$/),
          pages: { miss: 1 },
        },
        { id: 'test.shout', engine: null, params: { end: '!' } },
      ],
    })
  })

  it('lists a step that no output needed as unused, without a key', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.shout').step('test.words').outputs({ 'a.txt': 'test.shout' })
    const { receipt } = await shop.imagedoc.run(pipeline, { input: textInput('x') })
    expect(receipt.steps[1]).toMatchObject({ id: 'test.words', cache: 'unused', key: '' })
  })

  it('can be replayed, which says that the results are the same', async () => {
    await using shop = openWorkshop()
    const { receipt } = await shop.imagedoc.run(
      shop.imagedoc.pipeline().step('test.pages').step('test.clean').step('test.read').step('test.join'),
      { input: imageInput(tiff) },
    )
    shop.log.taken()
    const replayed = await shop.imagedoc.replay(JSON.parse(JSON.stringify(receipt)), { whatever: imageInput(tiff, 'renamed.tif') })
    expect(replayed).toMatchObject({ same: true, status: 'done' })
    expect(shop.log.taken()).toMatchObject({ clean: 3, join: 1 })
  })

  it('takes inputs by their digests, in whatever order they come', async () => {
    await using shop = openWorkshop()
    const files = ['a', 'b', 'c'].map((content) => textInput(content))
    const { receipt } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.join'), { input: files })
    const { same, outputs } = await shop.imagedoc.replay(receipt, { input: files.toReversed() })
    expect(same).toBe(true)
    expect(await textOf(await (outputs['test.join.txt'] as Output).one())).toBe('a|b|c')
    const one = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.join'), { input: [textInput('only')] })
    expect(await shop.imagedoc.replay(one.receipt, { input: textInput('only') })).toMatchObject({ same: true })
  })

  it('is not replayed on other inputs', async () => {
    await using shop = openWorkshop()
    const { receipt } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.shout'), { input: textInput('x') })
    await expect(shop.imagedoc.replay(receipt, { input: textInput('y') })).rejects.toMatchObject({ code: 'REPLAY_MISMATCH' })
  })

  it('is not the same when the provider answers otherwise', async () => {
    await using shop = openWorkshop()
    const { receipt } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.translate', { to: 'de' }), { input: textInput('one') })
    shop.provider.answer = () => 'something else'
    expect(await shop.imagedoc.replay(receipt, { input: textInput('one') })).toMatchObject({ same: false, status: 'done' })
  })

  it('holds no secret, nor does an event, an error or an explanation', async () => {
    const secret = 'hunter2-hunter2'
    await using shop = openWorkshop({ provider: createProvider(secret) })
    const seen = createEventLog()
    const pipeline = shop.imagedoc.pipeline().step('test.translate', { to: 'de' }).step('test.shout', { end: 'fail' })
    const { receipt, error } = await shop.imagedoc.run(pipeline, { input: textInput('one') }, seen)
    expect(isImageDocError(error)).toBe(true)
    const explained = await shop.imagedoc.explain(pipeline, { input: textInput('one') })
    const everything = JSON.stringify([receipt, seen.events, error, explained, shop.imagedoc.schema(), shop.imagedoc.operations()])
    expect(everything).not.toContain(secret)
  })
})

describe('explain', () => {
  const build = ({ imagedoc }: ReturnType<typeof openWorkshop>) =>
    imagedoc
      .pipeline()
      .step('test.pages')
      .step('test.add')
      .step('test.clean')
      .step('test.read')
      .step('test.translate', { to: 'de' })
      .step('test.join')

  it('does not know the pages before, and knows them after a run', async () => {
    await using shop = openWorkshop()
    const before = await shop.imagedoc.explain(build(shop), { input: imageInput(tiff) })
    expect(before.steps.map(({ pages, cache }) => [pages, cache])).toEqual([
      ['unknown', 'miss'],
      ['unknown', 'unknown'],
      ['unknown', 'unknown'],
      ['unknown', 'unknown'],
      ['unknown', 'unknown'],
      [1, 'unknown'],
    ])
    expect(before.steps[0]?.key).toMatch(/^[0-9a-f]{64}$/)
    expect(before.steps[1]?.key).toBeNull()
    expect(shop.log.taken()).toEqual({})
    const { receipt } = await shop.imagedoc.run(build(shop), { input: imageInput(tiff) })
    shop.log.taken()
    const after = await shop.imagedoc.explain(build(shop), { input: imageInput(tiff) })
    expect(after.steps.map(({ pages }) => pages)).toEqual([3, 3, 3, 3, 3, 1])
    expect(after.steps.map(({ cache }) => cache)).toEqual(['hit', 'unused', 'hit', 'unused', 'unused', 'hit'])
    expect(after.steps.map(({ key }) => key)).toEqual(receipt.steps.map(({ key }) => key))
    expect(shop.log.taken()).toEqual({})
  })

  it('says which engine was chosen and why, what flows, and where it would run', async () => {
    await using shop = openWorkshop({ provider: { ...createProvider(), available: false } })
    const { steps, problems } = await shop.imagedoc.explain(
      {
        version: 1,
        steps: [{ use: 'test.translate', with: { to: 'de' } }, { use: 'test.words' }, { use: 'test.shout', from: 'test.translate' }],
      },
      { input: textInput('one') },
    )
    expect(steps).toMatchObject([
      { engine: 'local', why: expect.stringContaining('not configured'), input: 'text', output: 'text', runner: 'in process' },
      { engine: null, output: 'many text', cache: 'unused', runner: expect.stringContaining('nowhere') },
      { cache: 'miss', pages: 1 },
    ])
    expect(problems).toMatchObject([{ severity: 'warning', path: 'steps[1]' }])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { definitionIn } from '../../src/rpc/schema.ts'
import type { StartRun } from '../../src/runs/start-run.ts'
import { type Archive, addPdf, greyPdf, openArchive } from './support.ts'

let archive: Archive
beforeAll(async () => {
  archive = await openArchive({ pages: 1, runs: false, settings: { maxQueuedRuns: 3 } })
})
afterAll(() => archive[Symbol.asyncDispose]())

const start = (given: Partial<StartRun>) =>
  archive.service.start(archive.ana, {
    target: { document_id: archive.document._id },
    pipeline: { definition: greyPdf },
    inputs: {},
    ...given,
  })

describe('a start is refused at once', () => {
  const two = { ...greyPdf, inputs: { other: { kind: 'pdf' } } }
  const collection = () => ({ collection_id: archive.collection._id })
  it.each<[string, () => Partial<StartRun>, object]>([
    [
      'when it names the target a second time',
      () => ({ inputs: { input: { document_id: archive.document._id } } }),
      { code: 'INVALID_REQUEST', path: 'inputs.input' },
    ],
    [
      'when a gathered run has an input that the pipeline has not',
      () => ({ target: { ...collection(), gather: true }, inputs: { other: { document_id: archive.document._id } } }),
      { code: 'INVALID_REQUEST', path: 'inputs.other' },
    ],
    [
      'when a gathered run lacks an input',
      () => ({ target: { ...collection(), gather: true }, pipeline: { definition: two } }),
      { code: 'INPUT_MISSING', path: 'inputs.other' },
    ],
    [
      'when a pipeline with further inputs is to be run over each document of a collection',
      () => ({ target: collection(), pipeline: { definition: two } }),
      { code: 'INPUT_MISSING', path: 'inputs.other' },
    ],
    [
      'when it names an output of the original',
      () => ({ target: { document_id: archive.document._id, output: 'page.png' } }),
      { code: 'INVALID_REQUEST', path: 'target.output' },
    ],
  ])('%s', async (_, given, error) => {
    await expect(start(given())).rejects.toMatchObject(error)
    expect(await archive.services.tables.runs.count('by_user', [archive.ana.userId])).toBe(0)
  })
})

it('runs of batches that are still being made count among those that wait, and a batch that is started again is the same', async () => {
  const { services, collection } = archive
  await addPdf(services, collection, { pages: 1, seed: 310 })
  const target = { collection_id: collection._id }
  // As if the process were gone before the first run of it was made.
  Object.assign(services.runner, { fill: () => undefined })
  const first = await start({ target, idempotencyKey: 'one batch' })
  await expect(start({ target })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  expect(await start({ target, idempotencyKey: 'one batch' })).toEqual(first)
})

it('a pipeline may have 256 outputs: each is a file of every page', () => {
  const outputs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`page-${index}.png`, 'grey']))
  expect(definitionIn.safeParse({ ...greyPdf, outputs: outputs(256) }).success).toBe(true)
  const refused = definitionIn.safeParse({ ...greyPdf, outputs: outputs(257) })
  expect(refused.error?.issues).toMatchObject([{ path: ['outputs'], message: 'at most 256 outputs' }])
})

import { expect, it } from 'vitest'
import { addPdf, ended, greyPdf, openArchive } from '../runs/support.ts'
import { addCollection } from '../support/archive.ts'
import { addUser, callRpc } from '../support/test-server.ts'
import { openCollector } from './collector.ts'

it('a run that a request starts is a trace of its own, with its ids, its steps and their pages', async () => {
  await using collector = await openCollector()
  const archive = await openArchive({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  const { server, services } = archive
  const { id, token } = await addUser(services)
  const document = await addPdf(services, await addCollection(services, { user_id: id }), { pages: 2, seed: 7 })
  const input = { target: { document_id: document._id }, pipeline: { definition: greyPdf }, idempotencyKey: id }
  const { data } = await callRpc(server.app, { path: 'runs.start', type: 'mutation', input, token })
  const { run } = data as { run: { id: string } }
  await ended(services, { _id: run.id })
  await archive[Symbol.asyncDispose]()
  const { spans } = collector
  const whole = spans.find(({ attributes }) => attributes['imagedoc.run.id'] === run.id) ?? expect.fail('no span of the run')
  expect(whole).toMatchObject({ name: 'run', attributes: { 'imagedoc.document.id': document._id, 'imagedoc.run.status': 'done' } })
  const request = spans.find(({ name }) => name === 'POST /trpc/*')
  expect(request?.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(whole.traceId).not.toBe(request?.traceId)
  const steps = spans.filter(({ parentSpanId }) => parentSpanId === whole.spanId)
  expect(steps.map(({ name }) => name).sort()).toEqual(['document.pages', 'image.grayscale', 'pdf.searchable', 'test.read'])
  const grey = steps.find(({ name }) => name === 'image.grayscale')
  const pages = spans.filter(({ parentSpanId }) => parentSpanId === grey?.spanId)
  expect(pages.map(({ attributes }) => attributes['imagedoc.page']).sort()).toEqual(
    [1, 2].map((page) => `${document.original.digest.slice(7, 19)}/${page}`),
  )
})

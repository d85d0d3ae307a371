import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fromBytes } from '@imagedoc/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readTracing } from '../../src/tracing/variables.ts'
import { addUser, callRpc, openTestServer, type TestServer } from '../support/test-server.ts'
import { type CollectedSpan, type Collector, openCollector } from './collector.ts'

/** One black pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=='
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLER = '00f067aa0ba902b7'

let collector: Collector
let server: TestServer
beforeEach(async () => {
  collector = await openCollector()
})
afterEach(() => collector[Symbol.asyncDispose]())

/** What a server that is traced exports while `work` is done and it stops. */
async function trace(work: () => Promise<unknown>, environment: Record<string, string> = {}): Promise<readonly CollectedSpan[]> {
  server = await openTestServer({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...environment } })
  try {
    await work()
  } finally {
    await server[Symbol.asyncDispose]()
  }
  return collector.spans
}

const named = (spans: readonly CollectedSpan[], name: string): CollectedSpan =>
  spans.find((span) => span.name === name) ?? expect.fail(`no span "${name}" among ${spans.map((span) => span.name).join(', ')}`)
const blur = (params: Record<string, number> = {}) => ({ version: 1 as const, steps: [{ id: 'soft', use: 'image.blur', with: params }] })
const page = () => fromBytes(Buffer.from(PNG, 'base64'), { name: 'dot.png' })

describe('a request', () => {
  it('is a span of its route, with one for each procedure inside of it', async () => {
    const spans = await trace(async () => {
      const { token } = await addUser(server.services)
      await server.app.request('/trpc/auth.me,operations.list?batch=1&input={}', { headers: { Authorization: `Bearer ${token}` } })
    })
    const request = named(spans, 'GET /trpc/*')
    expect(request).toMatchObject({
      kind: 2,
      attributes: { 'http.request.method': 'GET', 'http.route': '/trpc/*', 'http.response.status_code': 200 },
    })
    for (const name of ['auth.me', 'operations.list'])
      expect(named(spans, name)).toMatchObject({
        traceId: request.traceId,
        parentSpanId: request.spanId,
        attributes: { 'rpc.system': 'trpc', 'rpc.method': name },
      })
    expect(collector.resource).toMatchObject({ 'service.name': 'imagedoc' })
  })

  it('goes on with the trace of a caller who sends one', async () => {
    const spans = await trace(async () => {
      await server.app.request('/documents/0/file', { headers: { traceparent: `00-${TRACE}-${CALLER}-01` } })
    })
    expect(named(spans, 'GET /documents/:id/file')).toMatchObject({ traceId: TRACE, parentSpanId: CALLER })
  })

  it('is not recorded when its caller says so', async () => {
    const spans = await trace(async () => {
      await server.app.request('/documents/0/file', { headers: { traceparent: `00-${TRACE}-${CALLER}-00` } })
    })
    expect(spans).toEqual([])
  })

  it('of nobody says with a code what was refused, and nothing that the caller wrote', async () => {
    const spans = await trace(async () => {
      await server.app.request('/trpc/no.such.private.thing')
      await server.app.request('/private/address?q=private', { headers: { Authorization: 'Bearer ids_private' } })
      await callRpc(server.app, { path: 'documents.get', type: 'query', input: { id: 'private' } })
    })
    expect(named(spans, 'documents.get')).toMatchObject({ attributes: { 'imagedoc.code': 'UNAUTHENTICATED' }, status: { code: 0 } })
    expect(spans).toHaveLength(4)
    expect(collector.requests.map(({ body }) => body).join()).not.toContain('private')
  })

  it('of whoever watches the server is none', async () => {
    expect(
      await trace(async () => {
        for (const path of ['/health/live', '/health/ready', '/metrics']) await server.app.request(path)
      }),
    ).toEqual([])
  })
})

describe('a run', () => {
  const run = { _id: '6745a1c0d3b2f4e5a6978801', attempt: 2, document_id: '6745a1c0d3b2f4e5a6978802' }

  it('is a trace of its own: steps inside of it, pages inside of these, within its time', async () => {
    const spans = await trace(() => server.services.tracing!.asRun(run, () => server.services.imagedoc.run(blur(), { input: page() })))
    const [whole, step, one] = ['run', 'image.blur', 'image.blur page'].map((name) => named(spans, name)) as [
      CollectedSpan,
      CollectedSpan,
      CollectedSpan,
    ]
    expect(whole).toMatchObject({
      attributes: {
        'imagedoc.run.id': run._id,
        'imagedoc.run.attempt': 2,
        'imagedoc.document.id': run.document_id,
        'imagedoc.run.status': 'done',
      },
    })
    expect(whole.parentSpanId || undefined).toBeUndefined()
    expect(step).toMatchObject({
      traceId: whole.traceId,
      parentSpanId: whole.spanId,
      attributes: { 'imagedoc.step': 'soft', 'imagedoc.operation': 'image.blur', 'imagedoc.pages.done': 1, 'imagedoc.pages.hit': 0 },
    })
    expect(one).toMatchObject({ parentSpanId: step.spanId, attributes: { 'imagedoc.page': '1' } })
    const millis = (nanos: string) => Number(BigInt(nanos) / 1_000_000n)
    for (const [inner, outer] of [
      [one, step],
      [step, whole],
    ] as const) {
      expect(millis(inner.startTimeUnixNano)).toBeGreaterThanOrEqual(millis(outer.startTimeUnixNano))
      expect(millis(inner.endTimeUnixNano)).toBeLessThanOrEqual(millis(outer.endTimeUnixNano) + 1)
    }
  })

  it('that takes a page from the result cache counts it, without a span of work', async () => {
    const spans = await trace(async () => {
      for (let time = 0; time < 2; time++) await server.services.imagedoc.run(blur(), { input: page() })
    })
    const steps = spans.filter(({ name }) => name === 'image.blur')
    expect(steps.map(({ attributes }) => attributes['imagedoc.pages.hit'])).toEqual([0, 1])
    expect(spans.filter(({ name }) => name === 'image.blur page')).toHaveLength(1)
  })

  it('that fails says where and with which code, and not with which words', async () => {
    const broken = fromBytes(Buffer.from(PNG, 'base64').subarray(0, 40), { name: 'private.png' })
    const spans = await trace(async () => {
      expect((await server.services.imagedoc.run(blur(), { input: broken })).status).toBe('failed')
    })
    expect(named(spans, 'run')).toMatchObject({ attributes: { 'imagedoc.run.status': 'failed' }, status: { code: 2 } })
    expect(collector.requests.map(({ body }) => body).join()).not.toContain('private')
  })

  it('in a request is inside of it, and one of the database is not', async () => {
    const spans = await trace(async () => {
      const { app, services } = server
      const { imagedoc, tracing } = services
      app.get('/runs-here', async (c) => {
        await imagedoc.run(blur({ sigma: 2 }), { input: page() })
        await tracing!.asRun(run, () => imagedoc.run(blur({ sigma: 3 }), { input: page() }))
        return c.text('done')
      })
      await app.request('/runs-here')
    })
    const request = named(spans, 'GET /runs-here')
    const parents = spans.filter(({ name }) => name === 'run').map(({ parentSpanId }) => parentSpanId || undefined)
    expect(parents).toEqual([request.spanId, undefined])
  })
})

describe('what is configured', () => {
  it('reaches the collector: headers, name, attributes, address', async () => {
    await trace(() => Promise.resolve(server.app.request('/')), {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/of/traces`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20key,x-other=b',
      OTEL_SERVICE_NAME: 'archive',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    })
    expect(collector.requests).toMatchObject([{ path: '/of/traces', headers: { 'x-key': 'a key', 'x-other': 'b' } }])
    expect(collector.resource).toMatchObject({ 'service.name': 'archive', 'deployment.environment.name': 'test' })
  })

  it.each([
    ['always_off', 0],
    ['traceidratio', 0],
    ['always_on', 5],
  ])('as sampler %s decides', async (OTEL_TRACES_SAMPLER, recorded) => {
    const spans = await trace(
      async () => {
        for (let request = 0; request < 5; request++) await server.app.request('/')
      },
      { OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG: '0' },
    )
    expect(spans).toHaveLength(recorded)
  })

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', '127.0.0.1:4318'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'grpc://x'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'no pair'],
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['OTEL_SDK_DISABLED', 'maybe'],
  ])('wrongly is refused by its name: %s', (name, value) => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, [name]: value }
    expect(() => readTracing(environment)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', details: { variable: name } }))
  })

  it('is nothing without a collector, or switched off', () => {
    expect(readTracing({ OTEL_SERVICE_NAME: 'archive' })).toBeUndefined()
    expect(readTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: 'true' })).toBeUndefined()
  })
})

it('a collector that is not there keeps the server neither from answering nor from stopping', async () => {
  const url = collector.url
  await collector[Symbol.asyncDispose]()
  await using alone = await openTestServer({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: url } })
  expect((await alone.app.request('/health/ready')).status).toBe(200)
  expect((await alone.app.request('/')).status).toBe(404)
})

// Its interface is there anyway: prom-client loads it.
it('a server that is not traced loads nothing of OpenTelemetry that works', () => {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ resolve(name, context, next) { const found = next(name, context); if (/opentelemetry.(?!api)/.test(found.url.split('node_modules').at(-1))) loaded.push(found.url); return found } })
    const { createServer } = await import('@imagedoc/server')
    const { mkdtempSync, rmSync } = await import('node:fs')
    const folder = mkdtempSync((await import('node:os')).tmpdir() + '/imagedoc-untraced-')
    const environment = { PORT: '0', IMAGEDOC_DATA: folder, IMAGEDOC_LOG: 'silent', ...JSON.parse(process.argv[1]) }
    const server = await createServer({ environment })
    await fetch(server.url + '/trpc/operations.list')
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
    console.log(loaded.length)
    process.exit()`
  const loadedWith = (environment: Record<string, string>): number => {
    const args = ['--conditions=@imagedoc/source', '--input-type=module', '-e', script, JSON.stringify(environment)]
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: join(import.meta.dirname, '../../../..'), encoding: 'utf8' })
    expect(stderr).toBe('')
    return Number(stdout)
  }
  expect(loadedWith({})).toBe(0)
  expect(loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toBeGreaterThan(0)
})

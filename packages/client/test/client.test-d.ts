import { defineConfig, type PipelineDefinition } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import type { Router } from '@imagedoc/server/types'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { describe, expectTypeOf, it } from 'vitest'
import {
  type AppOf,
  type BatchHandle,
  createClient,
  type RunHandle,
  type RunMessage,
  type RunResult,
  type ServerBatch,
  type ServerDocument,
  type ServerRun,
} from '../src/index.ts'

const config = defineConfig({ plugins: [image()] })
const client = createClient<AppOf<typeof config>>({ url: 'http://localhost' })
type Inputs = inferRouterInputs<Router>
type Outputs = inferRouterOutputs<Router>

describe('calls', () => {
  it('take and give what the server’s router does', () => {
    expectTypeOf(client.collections.create).parameter(0).toEqualTypeOf<Inputs['collections']['create']>()
    expectTypeOf(client.collections.create).returns.resolves.toEqualTypeOf<Outputs['collections']['create']>()
    expectTypeOf(client.collections.members.set).parameter(0).toEqualTypeOf<Inputs['collections']['members']['set']>()
    expectTypeOf(client.documents.versions.list).returns.resolves.toEqualTypeOf<Outputs['documents']['versions']['list']>()
    expectTypeOf(client.documents.create).returns.resolves.toEqualTypeOf<ServerDocument>()
  })

  it('need no argument where the procedure takes none', () => {
    expectTypeOf(client.stats()).resolves.toEqualTypeOf<Outputs['stats']>()
    expectTypeOf(client.auth.me()).resolves.toHaveProperty('usage')
  })

  it('refuse what the procedure does not take', () => {
    // @ts-expect-error a title is text
    void client.collections.create({ title: 1 })
    // @ts-expect-error an id is needed
    void client.documents.get()
    // @ts-expect-error there is no such procedure
    void client.documents.explode({})
  })

  it('take a definition or a builder', () => {
    const definition: PipelineDefinition = { version: 1, steps: [{ use: 'image.grayscale' }] }
    expectTypeOf(client.pipelines.validate).toBeCallableWith({ definition })
    expectTypeOf(client.pipelines.validate).toBeCallableWith({ definition: client.pipeline().step('image.grayscale') })
  })
})

describe('the builder', () => {
  it('knows the operations of the server’s plugins and their parameters', () => {
    const pipeline = client.pipeline('page').step('image.resize', { width: 1240 })
    expectTypeOf(pipeline.toJSON()).toEqualTypeOf<PipelineDefinition>()
    // @ts-expect-error the server has no such operation
    void client.pipeline().step('ocr.recognize')
    // @ts-expect-error a width is no boolean
    void client.pipeline().step('image.resize', { width: true })
  })

  it('takes any operation when nothing is known of the server', () => {
    expectTypeOf(createClient({ url: 'http://localhost' }).pipeline().step('any.thing').toJSON()).toEqualTypeOf<PipelineDefinition>()
  })
})

describe('files', () => {
  it('are told by path, blob or stream, and page images by the widths that there are', () => {
    expectTypeOf(client.upload).toBeCallableWith('page.pdf')
    expectTypeOf(client.upload).toBeCallableWith(new Blob([]))
    expectTypeOf(client.upload).toBeCallableWith(new ReadableStream<Uint8Array>(), { size: 1 })
    // @ts-expect-error the server does not make pages of any width
    void client.pageImage('id', { page: 1, width: 641 })
  })
})

describe('runs', () => {
  const pipeline = client.pipeline().step('image.grayscale')
  const run = client.run({ document_id: 'd' }, pipeline)

  it('give what the server’s subscription gives', () => {
    expectTypeOf(run).toEqualTypeOf<RunHandle>()
    type Stream = Router['_def']['record']['runs']['events']['_def']['$types']['output']
    type Streamed = Stream extends AsyncIterable<infer Tracked> ? Tracked : never
    expectTypeOf<Streamed>().toEqualTypeOf<{ id: string; data: RunMessage }>()
    expectTypeOf(run.events()).toEqualTypeOf<AsyncGenerator<RunMessage, void>>()
    expectTypeOf(run.result()).resolves.toEqualTypeOf<RunResult>()
    expectTypeOf(run.cancel()).resolves.toExtend<Outputs['runs']['cancel']>()
    expectTypeOf<ServerRun>().toExtend<Outputs['runs']['get']>()
  })

  it('of a collection are a batch, unless it is gathered', () => {
    expectTypeOf(client.run({ collection_id: 'c' }, pipeline)).toEqualTypeOf<BatchHandle>()
    expectTypeOf(client.run({ collection_id: 'c' }, pipeline).events()).toEqualTypeOf<AsyncGenerator<ServerBatch, void>>()
    expectTypeOf(client.run({ collection_id: 'c', gather: true, title: 'All' }, pipeline)).toEqualTypeOf<RunHandle>()
  })

  it('take a builder, a definition or a saved pipeline, and what a run gives is what a download takes', () => {
    expectTypeOf(client.run).toBeCallableWith({ document_id: 'd', version: 2, output: 'page.png' }, { id: 'p', version: 3 }, {})
    void run.result().then(({ run: { document_id }, outputs }) => outputs.map((output) => client.download(document_id, { output })))
    // @ts-expect-error a pipeline is needed
    void client.run({ document_id: 'd' })
    // @ts-expect-error a batch's runs read nothing but their documents
    void client.run({ collection_id: 'c' }, pipeline, { inputs: { logo: { document_id: 'd' } } })
  })

  it('are no calls where they are streams', () => {
    // @ts-expect-error its events come by `client.run` or `client.attach`
    void client.runs.events
    expectTypeOf(client.attach('r')).toEqualTypeOf<RunHandle>()
  })
})

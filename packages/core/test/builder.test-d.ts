import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import {
  type AnyPipeline,
  createImageDoc,
  data,
  defineOperation,
  definePlugin,
  type ImageDocError,
  image,
  type Json,
  many,
  oneOf,
  optional,
  type PageOperation,
  type PipelineDefinition,
  type Pixels,
  pdf,
  type RunOptions,
  type Sequence,
  type StepFailure,
  type Text,
  text,
  traceOf,
} from '../src/index.ts'

const none = z.strictObject({})
const give = () => ({ output: undefined as never })
const base = { version: 1, summary: 'Do.', run: give }

const plugin = definePlugin({
  name: 'imagedoc-plugin-types',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({
    operations: [
      defineOperation({ ...base, name: 'doc.pages', input: oneOf(pdf, image), output: many(image), params: none }),
      defineOperation({
        ...base,
        name: 'img.crop',
        input: image,
        output: image,
        params: z.strictObject({ left: z.number(), top: z.number().default(0) }),
      }),
      defineOperation({
        ...base,
        name: 'img.grey',
        input: image,
        output: image,
        params: z.strictObject({ mode: z.enum(['fast', 'good']).optional() }),
      }),
      defineOperation({ ...base, name: 'img.read', input: image, output: text, params: none }),
      defineOperation({ ...base, name: 'txt.join', input: many(text), output: text, params: none }),
      defineOperation({ ...base, name: 'txt.say', input: text, output: data, params: none }),
      defineOperation({ ...base, name: 'img.trim', input: { page: image, found: optional(data) }, output: image, params: none }),
      defineOperation({
        ...base,
        name: 'doc.lay',
        input: { pages: many(image), texts: many(text), notes: optional(many(text)) },
        output: pdf,
        params: none,
      }),
      defineOperation({ ...base, name: 'doc.bind', input: { pages: many(image), texts: many(text) }, output: pdf, params: none }),
    ],
  }),
})

const imagedoc = createImageDoc({ plugins: [plugin()] })
const start = imagedoc.pipeline()

describe('the builder', () => {
  it('takes a chain of steps that fit', () => {
    const pipeline = start.step('doc.pages').step('img.grey').step('img.crop', { left: 5 }).step('img.read').step('txt.join')
    expectTypeOf(pipeline.toJSON()).toEqualTypeOf<PipelineDefinition>()
    expectTypeOf(start.step)
      .parameter(0)
      .toEqualTypeOf<
        | 'doc.pages'
        | 'img.crop'
        | 'img.grey'
        | 'img.read'
        | 'txt.join'
        | 'txt.say'
        | 'img.trim'
        | 'doc.lay'
        | 'doc.bind'
        | PageOperation['name']
      >()
  })

  it('is run as it is, whatever its steps are', () => {
    expectTypeOf(start.step('doc.pages').step('img.crop', { left: 5 }).step('img.read')).toExtend<AnyPipeline>()
    expectTypeOf(start.step('img.grey', {}, { perPage: [{ pages: '1', skip: true }] })).toExtend<AnyPipeline>()
  })

  it('lets any operation begin: only the run tells what the document is', () => {
    start.step('img.read')
    start.step('txt.join')
  })

  it('refuses an operation that is not installed', () => {
    // @ts-expect-error there is no such operation
    start.step('img.corp', { left: 5 })
  })

  it('refuses a step that cannot take what the step before gives', () => {
    // @ts-expect-error a text is no image
    start.step('img.read').step('img.grey')
    // @ts-expect-error an image is no text
    start.step('doc.pages').step('txt.join')
  })

  it('takes a step that says from where, when that fits', () => {
    start.step('img.read').step('img.grey', {}, { from: 'input' })
    start.step('img.grey', {}, { id: 'clean' }).step('img.read').step('img.crop', { left: 1 }, { from: 'clean' })
    // @ts-expect-error "img.read" gives a text
    start.step('img.read').step('txt.say').step('img.grey', {}, { from: 'img.read' })
    // @ts-expect-error there is no step "claen"
    start.step('img.grey', {}, { id: 'clean' }).step('img.grey', {}, { from: 'claen' })
    // @ts-expect-error a step that comes later is not known yet
    start.step('img.grey', {}, { from: 'later' }).step('img.grey', {}, { id: 'later' })
  })

  it('wants the parameters that have no default, and knows their types', () => {
    start.step('img.crop', { left: 1, top: 2 })
    start.step('img.grey', { mode: 'fast' })
    // @ts-expect-error "left" is missing
    start.step('img.crop')
    // @ts-expect-error "left" is missing
    start.step('img.crop', { top: 1 })
    // @ts-expect-error "left" is a number
    start.step('img.crop', { left: 'x' })
    // @ts-expect-error there is no parameter "bottom"
    start.step('img.crop', { left: 1, bottom: 2 })
    // @ts-expect-error no such mode
    start.step('img.grey', { mode: 'slow' })
  })

  it('wants every named port, each with a result that it takes', () => {
    const read = start.step('doc.pages').step('img.read')
    read.step('doc.bind', {}, { from: { pages: 'doc.pages', texts: 'img.read' } })
    // @ts-expect-error named ports cannot be guessed
    read.step('doc.bind')
    // @ts-expect-error "texts" is missing
    read.step('doc.bind', {}, { from: { pages: 'doc.pages' } })
    // @ts-expect-error the two are exchanged
    read.step('doc.bind', {}, { from: { pages: 'img.read', texts: 'doc.pages' } })
  })

  it('wants no optional port; the only other one is named by its result alone, or is what the step before gives', () => {
    const said = start.step('doc.pages').step('img.grey').step('img.read').step('txt.say')
    start.step('img.grey').step('img.trim')
    said.step('img.trim', {}, { from: 'img.grey' })
    said.step('img.trim', {}, { from: { page: 'img.grey', found: 'txt.say' } })
    said.step('img.trim', {}, { from: { page: 'img.grey' } })
    said.step('doc.lay', {}, { from: { pages: 'img.grey', texts: 'img.read' } })
    said.step('doc.lay', {}, { from: { pages: 'img.grey', texts: 'img.read', notes: 'img.read' } })
    // @ts-expect-error data is no image
    said.step('img.trim')
    // @ts-expect-error data is no image
    said.step('img.trim', {}, { from: 'txt.say' })
    // @ts-expect-error "page" is missing
    said.step('img.trim', {}, { from: { found: 'txt.say' } })
    // @ts-expect-error a text is no data
    said.step('img.trim', {}, { from: { page: 'img.grey', found: 'img.read' } })
    // @ts-expect-error there is no port "find"
    said.step('img.trim', {}, { from: { page: 'img.grey', find: 'txt.say' } })
    // @ts-expect-error two ports must be given
    said.step('doc.lay', {}, { from: 'img.grey' })
    // @ts-expect-error "texts" is missing
    said.step('doc.lay', {}, { from: { pages: 'img.grey' } })
  })

  it('knows further inputs by their kind', () => {
    const logo = start.input('logo', 'image').input('letter', 'text')
    logo.step('img.grey', {}, { from: 'logo' })
    logo.step('txt.say', {}, { from: 'letter' })
    // @ts-expect-error the logo is no text
    logo.step('txt.say', {}, { from: 'logo' })
  })

  it('names outputs after steps that are there', () => {
    const pipeline = start.step('img.grey', {}, { id: 'clean' }).step('img.read')
    pipeline.outputs({ 'a.png': 'clean', 'b.txt': 'img.read' })
    // @ts-expect-error there is no step "grey"
    pipeline.outputs({ 'a.png': 'grey' })
    // @ts-expect-error the document itself is no output
    pipeline.outputs({ 'a.png': 'input' })
  })

  it('takes the settings of a step, and no others', () => {
    start.step('img.grey', {}, { onError: 'skip', timeoutMs: 5, retries: 1, cache: false, engine: 'auto' })
    // @ts-expect-error no such mode
    start.step('img.grey', {}, { onError: 'ignore' })
    // @ts-expect-error no such setting
    start.step('img.grey', {}, { timeout: 5 })
  })
})

describe('an optional port', () => {
  it('may be undefined in run, and no other', () => {
    defineOperation({
      ...base,
      name: 'a.b',
      input: { page: image, found: optional(data), notes: optional(many(text)) },
      output: image,
      params: none,
      run: ({ input }) => {
        expectTypeOf(input.page).toEqualTypeOf<Pixels>()
        expectTypeOf(input.found).toEqualTypeOf<Json | undefined>()
        expectTypeOf(input.notes).toEqualTypeOf<Sequence<Text> | undefined>()
        return { output: input.page }
      },
    })
  })

  it('is made of a whole port', () => {
    optional(many(text))
    // @ts-expect-error a sequence whose items may be missing has holes
    many(optional(text))
    // @ts-expect-error it is optional already
    optional(optional(text))
  })
})

describe('running', () => {
  it('takes a builder or a definition', () => {
    expectTypeOf(imagedoc.run).parameter(0).extract<PipelineDefinition>().toEqualTypeOf<PipelineDefinition>()
    void (() => imagedoc.run(start.step('img.grey'), {}))
    void (() => imagedoc.run({ version: 1, steps: [{ use: 'img.grey' }] }, {}))
    // @ts-expect-error a pipeline has a version
    void (() => imagedoc.run({ steps: [] }, {}))
  })

  it('knows what a step may do otherwise on some pages', () => {
    start.step(
      'img.crop',
      { left: 1 },
      {
        perPage: [
          { pages: '2-5', with: { top: 3 } },
          { pages: 'odd', skip: true },
          { pages: '1', with: {} },
        ],
      },
    )
    start.step('img.grey', {}, { perPage: [{ pages: '2', with: { mode: 'good' } }] })
    start.step('img.read', {}, { perPage: [{ pages: '2', with: {} }] })
    // @ts-expect-error there is no parameter "bottom"
    start.step('img.crop', { left: 1 }, { perPage: [{ pages: '2', with: { bottom: 3 } }] })
    // @ts-expect-error "top" is a number
    start.step('img.crop', { left: 1 }, { perPage: [{ pages: '2', with: { top: 'x' } }] })
    // @ts-expect-error which pages?
    start.step('img.crop', { left: 1 }, { perPage: [{ with: { top: 3 } }] })
    // @ts-expect-error neither "with" nor "skip"
    start.step('img.crop', { left: 1 }, { perPage: [{ pages: '2' }] })
    // @ts-expect-error both
    start.step('img.crop', { left: 1 }, { perPage: [{ pages: '2', with: { top: 3 }, skip: true }] })
    // @ts-expect-error leave the entry out instead
    start.step('img.crop', { left: 1 }, { perPage: [{ pages: '2', skip: false }] })
    // @ts-expect-error an image cannot stand in the place of its text
    start.step('img.read', {}, { perPage: [{ pages: '2', skip: true }] })
    // @ts-expect-error one image cannot stand in the place of many
    start.step('doc.pages', {}, { perPage: [{ pages: '1', skip: true }] })
    // @ts-expect-error a whole sequence has no pages of its own
    start.step('img.read').step('txt.join', {}, { from: 'img.read', perPage: [{ pages: '1', with: {} }] })
  })
})

describe('a plugin', () => {
  it('may do without a module, which is then undefined', () => {
    const factory = definePlugin({ name: 'imagedoc-plugin-types', version: '1.0.0', apiVersion: 1, setup: () => ({ operations: [] }) })
    expectTypeOf(factory().module).toEqualTypeOf<string | undefined>()
    // @ts-expect-error a module is named by its URL as text
    definePlugin({ name: 'p', version: '1.0.0', apiVersion: 1, module: new URL(import.meta.url), setup: () => ({ operations: [] }) })
  })

  it('says of an operation whether it blocks', () => {
    const parts = { ...base, name: 'img.thin', input: image, output: image, params: none } as const
    defineOperation({ ...parts, traits: { blocking: false } })
    // @ts-expect-error yes or no
    defineOperation({ ...parts, traits: { blocking: 'sometimes' } })
  })
})

describe('failures', () => {
  it('are told of with the error itself', () => {
    expectTypeOf<RunOptions['onFailure']>().exclude<undefined>().parameter(0).toEqualTypeOf<StepFailure>()
    expectTypeOf<StepFailure['error']>().toEqualTypeOf<ImageDocError>()
    expectTypeOf(traceOf).toEqualTypeOf<(error: unknown) => string>()
  })
})

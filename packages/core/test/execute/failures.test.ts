import { describe, expect, it } from 'vitest'
import { ImageDocError, type Output } from '../../src/index.ts'
import { imageFile, UNWRITABLE } from '../workshop/codec.ts'
import type { WorkLog } from '../workshop/log.ts'
import { imageInput, openWorkshop, textInput, textOf } from '../workshop/workshop.ts'

/** Pages of one pixel: 1, 2, 3, … */
const pages = (count: number): Uint8Array => imageFile({ mediaType: 'image/tiff', pages: count, width: 1, height: 1 })

/** The second of three pages comes out of a step that adds one as an image that no file can hold. */
const unwritable = imageFile({ mediaType: 'image/tiff', pages: 3, width: 1, height: 1 }, (page) => (page === 1 ? UNWRITABLE - 1 : page + 1))

interface Failing {
  log: WorkLog
}

/** Lets an operation fail on one value; on none when nothing is named. */
function failOn({ log }: Failing, at?: readonly [operation: string, value: number | string], error?: unknown): void {
  log.before = (name, seen) => {
    if (at && name === at[0] && seen === at[1]) throw error ?? new ImageDocError('ENGINE_FAILED', 'It broke.')
  }
}

const outcome = (output: Output | undefined): string[] =>
  (output?.entries() ?? []).map((entry) => entry.error?.code ?? (entry.hole === undefined ? 'done' : 'hole'))

describe('a page that fails', () => {
  it('fails the run, while the other pages are done and kept', async () => {
    await using shop = openWorkshop()
    failOn(shop, ['add', 2])
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.add').step('test.clean').outputs({ 'p.png': 'test.clean' })
    const { status, error, outputs, receipt } = await shop.imagedoc.run(pipeline, { input: imageInput(pages(3)) })
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', path: 'steps[1]' })
    expect(outcome(outputs['p.png'])).toEqual(['done', 'ENGINE_FAILED', 'done'])
    expect(receipt.steps.map(({ pages: { miss, failed } }) => [miss, failed])).toEqual([
      [3, 0],
      [2, 1],
      [2, 0],
    ])
    failOn(shop)
    shop.log.taken()
    const again = await shop.imagedoc.run(pipeline, { input: imageInput(pages(3)) })
    expect(again.status).toBe('done')
    expect(shop.log.taken()).toEqual({ add: 1, clean: 1 })
  })

  it('becomes a hole where its step may be skipped, and the run is partial', async () => {
    await using shop = openWorkshop()
    failOn(shop, ['add', 2])
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.pages')
      .step('test.add', {}, { onError: 'skip' })
      .step('test.read')
      .step('test.join-some')
    const first = await shop.imagedoc.run(pipeline, { input: imageInput(pages(3)) })
    expect(first.status).toBe('partial')
    expect(first.error).toBeUndefined()
    expect(await textOf(await (first.outputs['test.join-some.txt'] as Output).one())).toBe('2|(hole)|4')
    expect(first.receipt.steps[1]?.pages).toEqual({ hit: 0, miss: 2, skipped: 1, failed: 0 })
  })

  it('never leaves a result with a hole in the cache', async () => {
    await using shop = openWorkshop()
    failOn(shop, ['add', 2])
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.pages')
      .step('test.add', {}, { onError: 'skip' })
      .step('test.read')
      .step('test.join-some')
    await shop.imagedoc.run(pipeline, { input: imageInput(pages(3)) })
    failOn(shop)
    const second = await shop.imagedoc.run(pipeline, { input: imageInput(pages(3)) })
    expect(second.status).toBe('done')
    expect(await textOf(await (second.outputs['test.join-some.txt'] as Output).one())).toBe('2|3|4')
  })

  it('fails a step that needs every page', async () => {
    await using shop = openWorkshop()
    failOn(shop, ['add', 2])
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.pages')
      .step('test.add', {}, { onError: 'skip' })
      .step('test.read')
      .step('test.join')
    const { status, error } = await shop.imagedoc.run(pipeline, { input: imageInput(pages(3)) })
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'HOLES_REFUSED', path: 'steps[3]', message: expect.stringContaining('page 2 of 3') })
  })

  it('hands its input on where its step may be passed over, with a diagnostic, and is not cached so', async () => {
    await using shop = openWorkshop()
    failOn(shop, ['clean', 3])
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.add', { by: 2 })
      .step('test.clean', { by: 5 }, { onError: 'pass' })
      .step('test.read')
      .step('test.shout')
    const run = async () => shop.imagedoc.run(pipeline, { input: imageInput(imageFile({ width: 1, height: 1 })) })
    const passed = await run()
    expect(passed.status).toBe('done')
    expect(passed.diagnostics).toMatchObject([{ code: 'STEP_PASSED', step: 'test.clean' }])
    expect(await textOf(await (passed.outputs['test.shout.txt'] as Output).one())).toBe('3!')
    failOn(shop)
    expect(await textOf(await ((await run()).outputs['test.shout.txt'] as Output).one())).toBe('8!')
  })

  it.each(['skip', 'pass'] as const)('leaves a hole where its step may fail (%s) and its file cannot be written', async (onError) => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.add', {}, { onError }).outputs({ 'p.png': 'test.add' })
    const { status, error, outputs, receipt } = await shop.imagedoc.run(pipeline, { input: imageInput(unwritable) })
    expect([status, error]).toEqual(['partial', undefined])
    expect(outcome(outputs['p.png'])).toEqual(['done', 'hole', 'done'])
    expect(outputs['p.png']?.entries()[1]?.hole).toBe('No file can hold this image.')
    expect(receipt.steps[1]?.pages).toEqual({ hit: 0, miss: 2, skipped: 1, failed: 0 })
  })

  it('fails the run where its file cannot be written and its step may not fail', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.add').outputs({ 'p.png': 'test.add' })
    const { status, error } = await shop.imagedoc.run(pipeline, { input: imageInput(unwritable) })
    expect([status, error?.code, error?.path]).toEqual(['failed', 'TOO_MANY_PIXELS', 'steps[1]'])
  })

  it('leaves a hole in the one output whose file cannot be written, and what stands on the step goes on', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.pages')
      .step('test.clean', {}, { onError: 'skip' })
      .step('test.read')
      .step('test.join')
      .outputs({ 'p.png': 'test.clean', 't.txt': 'test.join' })
    const { status, outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(unwritable) })
    expect(status).toBe('partial')
    expect(outcome(outputs['p.png'])).toEqual(['done', 'hole', 'done'])
    expect(await textOf(await (outputs['t.txt'] as Output).one())).toBe('2|250|4')
  })

  it('that an expansion could not give may be skipped', async () => {
    await using shop = openWorkshop()
    failOn(shop, ['words', 1])
    const { status, outputs } = await shop.imagedoc.run(
      shop.imagedoc.pipeline().step('test.words', {}, { onError: 'skip' }).step('test.shout').step('test.join-some'),
      { input: textInput('a b c') },
    )
    expect(status).toBe('partial')
    expect(await textOf(await (outputs['test.join-some.txt'] as Output).one())).toBe('a!|(hole)|c!')
  })

  it('and is a file of a list fails the run, while the pages of the other files are done', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.read').outputs({ 'each.txt': 'test.read' })
    const empty = imageInput(new Uint8Array(), 'empty.tif')
    const { status, error, outputs } = await shop.imagedoc.run(pipeline, { input: [imageInput(pages(2)), empty, imageInput(pages(1))] })
    expect([status, error?.code]).toEqual(['failed', 'EMPTY_INPUT'])
    expect(outcome(outputs['each.txt'])).toEqual(['done', 'done', 'EMPTY_INPUT', 'done'])
    const only = await shop.imagedoc.run(pipeline, { input: [empty] })
    expect([only.status, only.error?.code]).toEqual(['failed', 'EMPTY_INPUT'])
  })

  it.each(['fail', 'skip'] as const)('and would have been cut into parts leaves the parts of the others (%s)', async (onError) => {
    await using shop = openWorkshop()
    failOn(shop, ['pages', 1])
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.pages', {}, { onError })
      .step('test.split')
      .step('test.split', {}, { id: 'again' })
      .step('test.read')
      .outputs({ 'each.txt': 'test.read' })
    const file = imageFile({ mediaType: 'image/tiff', pages: 3, width: 4, height: 1 })
    const { status, outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(file) })
    const lost = onError === 'skip' ? 'hole' : 'ENGINE_FAILED'
    const four = ['done', 'done', 'done', 'done']
    expect([status, outcome(outputs['each.txt'])]).toEqual([onError === 'skip' ? 'partial' : 'failed', [...four, lost, ...four]])
  })

  it('names the parameter that is to blame', async () => {
    await using shop = openWorkshop()
    const { error } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.add').step('test.crop', { left: 9 }), {
      input: imageInput(imageFile()),
    })
    expect(error).toMatchObject({ code: 'OPERATION_FAILED', path: 'steps[1].with.left' })
  })

  it('with an error that is not ours tells no path of the machine', async () => {
    await using shop = openWorkshop()
    failOn(shop, ['shout', 'x'], new TypeError('no /home/somebody/secret/file'))
    const { error } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.shout'), { input: textInput('x') })
    expect(error).toMatchObject({ code: 'OPERATION_FAILED', path: 'steps[0]', message: expect.not.stringContaining('/home') })
  })
})

describe('an expansion that fails', () => {
  it('is one failure, and what stands below it is not tried', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.add').step('test.split').step('test.read').step('test.join')
    failOn(shop, ['add', 1])
    const { status, error, receipt } = await shop.imagedoc.run(pipeline, { input: imageInput(imageFile()) })
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', path: 'steps[0]' })
    expect(receipt.steps.map((step) => step.pages.failed)).toEqual([1, 0, 0, 0])
  })

  it('that follows a step in the same segment counts that step too', async () => {
    await using shop = openWorkshop()
    const { receipt } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.add').step('test.split').step('test.read'), {
      input: imageInput(imageFile({}, (_, index) => index)),
    })
    expect(receipt.steps.map(({ id, pages: { miss } }) => [id, miss])).toEqual([
      ['test.add', 1],
      ['test.split', 2],
      ['test.read', 2],
    ])
  })

  it('over an input that was passed on is not kept under a key that would say otherwise', async () => {
    await using shop = openWorkshop()
    failOn(shop, ['add', 1])
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.add', { by: 4 }, { onError: 'pass' })
      .step('test.split', { strips: 1 })
      .step('test.read')
      .step('test.shout')
    const run = async (): Promise<string> =>
      textOf(
        await (
          (await shop.imagedoc.run(pipeline, { input: imageInput(imageFile({ width: 1, height: 1 })) })).outputs['test.shout.txt'] as Output
        ).at(0),
      )
    expect(await run()).toBe('1!')
    failOn(shop)
    expect(await run()).toBe('5!')
  })
})

import { describe, expect, it } from 'vitest'
import { ImageDocError, type Output } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { untilAborted } from '../workshop/log.ts'
import { createProvider } from '../workshop/text-operations.ts'
import { createEventLog, imageInput, openWorkshop, textInput, textOf } from '../workshop/workshop.ts'

/** Pages of one pixel: 1, 2, 3, … */
const pages = (count: number): Uint8Array => imageFile({ mediaType: 'image/tiff', pages: count, width: 1, height: 1 })

const outcome = (output: Output | undefined): string[] =>
  (output?.entries() ?? []).map((entry) => entry.error?.code ?? (entry.hole === undefined ? 'done' : 'hole'))

describe('an engine that is not available', () => {
  const silent = (): ReturnType<typeof createProvider> => ({ ...createProvider(), available: false })

  it('fails the plan with what to do about it', async () => {
    await using shop = openWorkshop({ provider: silent() })
    await expect(
      shop.imagedoc.run(shop.imagedoc.pipeline().step('test.translate-remote', { to: 'de' }), { input: textInput('x') }),
    ).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      path: 'steps[0]',
      message: expect.stringContaining('Set its key.'),
    })
  })

  it('leaves its step out where that is allowed, with a diagnostic', async () => {
    await using shop = openWorkshop({ provider: silent() })
    const skipped = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.translate-remote', { to: 'de' }, { onError: 'skip' }), {
      input: textInput('x'),
    })
    expect(skipped.status).toBe('partial')
    expect(skipped.diagnostics).toMatchObject([{ code: 'ENGINE_UNAVAILABLE', step: 'test.translate-remote' }])
    expect(outcome(skipped.outputs['test.translate-remote.txt'])).toEqual(['hole'])
    const passed = await shop.imagedoc.run(
      shop.imagedoc.pipeline().step('test.translate-remote', { to: 'de' }, { onError: 'pass' }).step('test.shout'),
      { input: textInput('x') },
    )
    expect(passed.status).toBe('done')
    expect(await textOf(await (passed.outputs['test.shout.txt'] as Output).one())).toBe('x!')
  })

  it('leaves out a step that gathers, or that expands', async () => {
    await using shop = openWorkshop({ provider: silent() })
    const gathers = shop.imagedoc.pipeline().step('test.words').step('test.shout').step('test.join-remote', {}, { onError: 'skip' })
    expect(await shop.imagedoc.run(gathers, { input: textInput('a b') })).toMatchObject({
      status: 'partial',
      diagnostics: [{ code: 'ENGINE_UNAVAILABLE' }],
    })
    const expands = shop.imagedoc.pipeline().step('test.pages-remote', {}, { onError: 'skip' }).step('test.shout').step('test.join-some')
    const { status, outputs, diagnostics } = await shop.imagedoc.run(expands, { input: textInput('a b') })
    expect(status).toBe('partial')
    expect(diagnostics).toMatchObject([{ code: 'ENGINE_UNAVAILABLE', step: 'test.pages-remote' }])
    expect(await textOf(await (outputs['test.join-some.txt'] as Output).one())).toBe('(hole)')
  })

  it('is replaced by the next one', async () => {
    await using shop = openWorkshop({ provider: silent() })
    const { outputs, receipt } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.translate', { to: 'de' }), {
      input: textInput('x'),
    })
    expect(await textOf(await (outputs['test.translate.txt'] as Output).one())).toBe('<x>')
    expect(receipt.steps[0]).toMatchObject({ engine: 'local', fingerprint: { id: 'local', is: { version: 'local/1' } } })
  })
})

describe('time and further attempts', () => {
  it('end a step that takes too long on one page', async () => {
    await using shop = openWorkshop()
    shop.log.before = (_, __, signal) => untilAborted(signal)
    const { error } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.shout', {}, { timeoutMs: 20 }), { input: textInput('x') })
    expect(error).toMatchObject({ code: 'STEP_TIMEOUT', path: 'steps[0]' })
  })

  it('are made after a retryable failure of a provider, and only then', async () => {
    await using shop = openWorkshop()
    const answer = shop.provider.answer
    shop.provider.answer = (word, call) => {
      if (call < 3) throw new ImageDocError('PROVIDER_UNREACHABLE', 'No answer.', { details: { retryAfterMs: 1 } })
      return answer(word, call)
    }
    const tried = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.translate', { to: 'de' }, { retries: 2 }), {
      input: textInput('x'),
    })
    expect(await textOf(await (tried.outputs['test.translate.txt'] as Output).one())).toBe('X')
    expect(shop.provider.calls).toBe(3)
    shop.provider.answer = () => {
      throw new ImageDocError('PROVIDER_AUTH', 'No.')
    }
    const refused = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.translate', { to: 'de' }, { retries: 2 }), {
      input: textInput('y'),
    })
    expect(refused.error).toMatchObject({ code: 'PROVIDER_AUTH', path: 'steps[0]' })
    expect(shop.provider.calls).toBe(4)
  })
})

describe('a cancelled run', () => {
  it('settles at once and keeps the pages that are done', async () => {
    await using shop = openWorkshop({ concurrency: 1 })
    const controller = new AbortController()
    shop.log.before = (operation, value) => {
      if (operation !== 'clean' || value !== 3) return undefined
      queueMicrotask(() => controller.abort())
      // Deaf to the signal: what cannot be stopped goes on unseen.
      return new Promise<void>(() => undefined)
    }
    const seen = createEventLog()
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.clean').outputs({ 'p.png': 'test.clean' })
    const started = performance.now()
    const { status, error, outputs } = await shop.imagedoc.run(
      pipeline,
      { input: imageInput(pages(4)) },
      { signal: controller.signal, ...seen },
    )
    expect(performance.now() - started).toBeLessThan(1000)
    expect(status).toBe('cancelled')
    expect(error).toMatchObject({ code: 'CANCELLED' })
    expect(outcome(outputs['p.png']).slice(0, 2)).toEqual(['done', 'done'])
    expect(seen.events.at(-1)).toMatchObject({ type: 'run-ended', status: 'cancelled' })
    shop.log.before = () => undefined
    shop.log.taken()
    await shop.imagedoc.run(pipeline, { input: imageInput(pages(4)) })
    expect(shop.log.taken()).toMatchObject({ clean: 2 })
  })

  it('does nothing when it was cancelled before it began', async () => {
    await using shop = openWorkshop()
    const { status } = await shop.imagedoc.run(
      shop.imagedoc.pipeline().step('test.shout'),
      { input: textInput('x') },
      { signal: AbortSignal.abort() },
    )
    expect(status).toBe('cancelled')
    expect(shop.log.taken()).toEqual({})
  })
})

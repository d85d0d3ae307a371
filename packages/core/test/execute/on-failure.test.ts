import { describe, expect, it } from 'vitest'
import { type StepFailure, traceOf } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { createEventLog, imageInput, openWorkshop } from '../workshop/workshop.ts'

describe('onFailure', () => {
  it.each(['fail', 'skip', 'pass'] as const)('tells of each failed page with what was thrown, for %s; events do not', async (onError) => {
    await using shop = openWorkshop()
    shop.log.before = (name, seen) => {
      if (name === 'add' && seen !== 2) throw new TypeError('Out of paper.')
    }
    const steps = [{ use: 'test.pages' }, { id: 'brighter', use: 'test.add', onError }]
    const input = imageInput(imageFile({ mediaType: 'image/tiff', pages: 3, width: 1, height: 1 }))
    const told: StepFailure[] = []
    const { events, onEvent } = createEventLog()
    const { receipt, error } = await shop.imagedoc.run(
      { version: 1, steps },
      { input },
      { onEvent, onFailure: (failure) => told.push(failure) },
    )
    const plugin = { name: 'imagedoc-plugin-workshop', version: '1.0.0' }
    expect(told).toMatchObject(
      Array(2).fill({ step: 'brighter', use: 'test.add', plugin, error: { code: 'OPERATION_FAILED', path: 'steps[1]' } }),
    )
    expect(told.map(({ page }) => page.page).toSorted()).toEqual([0, 2])
    for (const failure of told) expect(traceOf(failure.error)).toMatch(/Caused by: TypeError: Out of paper\..*on-failure\.test\.ts/s)
    expect(JSON.stringify([events, receipt, error ?? null])).not.toContain('on-failure.test.ts')
    if (onError === 'fail') expect(traceOf(error)).toContain('on-failure.test.ts')
  })

  it.each(['fail', 'skip'] as const)('tells of an item of an expansion that fails, for %s', async (onError) => {
    await using shop = openWorkshop()
    shop.log.before = (name) => {
      if (name === 'pages') throw new TypeError('Out of paper.')
    }
    const told: StepFailure[] = []
    const steps = [{ use: 'test.pages', onError }, { use: 'test.add' }]
    await shop.imagedoc.run({ version: 1, steps }, { input: imageInput(imageFile()) }, { onFailure: (failure) => told.push(failure) })
    expect(told).toMatchObject([{ step: 'test.pages', error: { code: 'OPERATION_FAILED' } }])
  })

  it('tells nothing of pages that come from the cache, or were cancelled', async () => {
    await using shop = openWorkshop()
    const controller = new AbortController()
    shop.log.before = () => controller.abort()
    const told: StepFailure[] = []
    const options = { signal: controller.signal, onFailure: (failure: StepFailure) => told.push(failure) }
    const { status } = await shop.imagedoc.run({ version: 1, steps: [{ use: 'test.add' }] }, { input: imageInput(imageFile()) }, options)
    expect([status, told]).toEqual(['cancelled', []])
  })
})

describe('the trace of an error', () => {
  it('names what it was caused by, and ends somewhere', () => {
    const deep = Array.from({ length: 50 }).reduce<Error | undefined>(
      (cause, _, index) => new Error(`number ${index}`, { cause }),
      undefined,
    )
    expect(traceOf(new Error('top', { cause: 'a word' }))).toMatch(/^Error: top\n.*\nCaused by: a word$/s)
    expect(traceOf(deep).match(/Caused by/g)).toHaveLength(7)
    expect(traceOf(undefined)).toBe('')
  })
})

import { describe, expect, it } from 'vitest'
import type { StepDefinition } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop } from '../workshop/workshop.ts'

/** Two parts beside three: pages that are not the same. */
async function run(stamp: Partial<StepDefinition>, after: Partial<StepDefinition>) {
  await using shop = openWorkshop()
  const steps = [
    { id: 'two', use: 'test.split', from: 'input' },
    { id: 'three', use: 'test.split', from: 'input', with: { strips: 3 } },
    { id: 'stamp', use: 'test.stamp', from: { page: 'two', mark: 'three' }, ...stamp },
    { id: 'after', use: 'test.add', ...after },
  ]
  const pipeline = { version: 1 as const, steps, outputs: { 'a.png': 'after' } }
  const { status, error, receipt } = await shop.imagedoc.run(pipeline, { input: imageInput(imageFile({ width: 6 })) })
  const of = (id: string) => receipt.steps.find((step) => step.id === id)?.pages
  return { status, path: error?.path, stamp: of('stamp'), after: of('after') }
}

describe('a step that is given pages that are not the same', () => {
  it.each([
    ['in one segment with the step after it', {}],
    ['in a segment of its own', { cache: true }],
  ])('fails alone, %s', async (_, kept) => {
    expect(await run(kept, {})).toMatchObject({ status: 'failed', path: 'steps[2]', stamp: { failed: 2 }, after: { failed: 0 } })
  })

  it.each([{}, { cache: true }])('is not skipped by what stands behind it, with %o', async (kept) => {
    expect(await run(kept, { onError: 'skip' })).toMatchObject({ status: 'failed', path: 'steps[2]', after: { skipped: 0 } })
  })

  it.each([{}, { cache: true }])('leaves holes where it may be skipped itself, with %o', async (kept) => {
    expect(await run({ ...kept, onError: 'skip' }, {})).toMatchObject({ status: 'partial', stamp: { skipped: 2 }, after: { failed: 0 } })
  })
})

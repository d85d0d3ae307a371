import { describe, expect, it } from 'vitest'
import type { PipelineDefinition } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop, textOf } from '../workshop/workshop.ts'

/** Three pages of one pixel: 1, 2, 3. */
const three = imageFile({ mediaType: 'image/tiff', pages: 3, width: 1, height: 1 })
const reading: PipelineDefinition = {
  version: 1,
  steps: [{ use: 'test.pages' }, { use: 'test.add' }, { use: 'test.read', cache: true }, { use: 'test.join-some' }],
}

describe('steps that are kept', () => {
  it("give their results beside the outputs, though no output names them, with each page's place", async () => {
    await using shop = openWorkshop()
    const { kept, outputs } = await shop.imagedoc.run(reading, { input: imageInput(three) }, { keep: ({ use }) => use === 'test.read' })
    expect(Object.keys(outputs)).toEqual(['test.join-some.txt'])
    expect(Object.keys(kept)).toEqual(['test.read'])
    const entries = kept['test.read']!.entries()
    expect(await Promise.all(entries.map(({ artifact }) => textOf(artifact!)))).toEqual(['2', '3', '4'])
    expect(entries.map(({ page }) => page.page)).toEqual([0, 1, 2])
  })

  it('are given from a warm cache too', async () => {
    await using shop = openWorkshop()
    const keep = ({ use }: { use: string }): boolean => use === 'test.read'
    await shop.imagedoc.run(reading, { input: imageInput(three) }, { keep })
    shop.log.taken()
    const { kept } = await shop.imagedoc.run(reading, { input: imageInput(three) }, { keep })
    expect(shop.log.taken()).toEqual({})
    expect(await Promise.all(kept['test.read']!.entries().map(({ artifact }) => textOf(artifact!)))).toEqual(['2', '3', '4'])
  })

  it('are not done for their own sake', async () => {
    await using shop = openWorkshop()
    const definition: PipelineDefinition = {
      version: 1,
      steps: [{ use: 'test.pages' }, { id: 'clean', use: 'test.clean' }, { use: 'test.read' }],
      outputs: { 'p.png': 'clean' },
    }
    const { kept } = await shop.imagedoc.run(definition, { input: imageInput(three) }, { keep: ({ outputs }) => outputs.includes('text') })
    expect(kept).toEqual({})
    expect(shop.log.count('read')).toBe(0)
  })
})

describe('what a warm run saved', () => {
  it('is in its receipt: what the hits took when they were made', async () => {
    await using shop = openWorkshop()
    shop.log.before = (operation) => (operation === 'join-some' ? new Promise((resolve) => setTimeout(resolve, 30)) : undefined)
    const cold = await shop.imagedoc.run(reading, { input: imageInput(three) })
    expect(cold.receipt.steps.map(({ savedMs }) => savedMs)).toEqual([0, 0, 0, 0])
    const took = cold.receipt.steps.at(-1)!.ms
    expect(took).toBeGreaterThanOrEqual(29)
    const warm = await shop.imagedoc.run(reading, { input: imageInput(three) })
    const last = warm.receipt.steps.at(-1)!
    expect(last).toMatchObject({ cache: 'hit', ms: 0 })
    expect(Math.abs((last.savedMs ?? 0) - took)).toBeLessThanOrEqual(1)
  })
})

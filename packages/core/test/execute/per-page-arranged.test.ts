import { describe, expect, it } from 'vitest'
import type { Output, StepDefinition } from '../../src/index.ts'
import { imageFile, readImageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop } from '../workshop/workshop.ts'

const three = imageFile({ mediaType: 'image/tiff', pages: 3, width: 1, height: 1 })
const nine = imageFile({ width: 1, height: 1 }, () => 9)
const last: StepDefinition = { id: 'last', use: 'pages.select', with: { pages: '3-' } }

describe('parameters by page behind arranged pages', () => {
  it.each<[string, StepDefinition[], number[]]>([
    ['1', [], [101, 2, 3, 109]],
    ['4', [], [1, 2, 3, 9]],
    ['-1', [], [1, 2, 103, 109]],
    ['1', [last], [3, 109]],
    ['2', [last], [3, 9]],
  ])('count a single image as page 1 of its own, wherever it was joined: %s', async (pages, select, expected) => {
    await using shop = openWorkshop()
    const steps: StepDefinition[] = [
      { id: 'pages', use: 'test.pages', from: 'input' },
      { id: 'all', use: 'pages.join', from: { pages: 'pages', more: 'other' } },
      ...select,
      { id: 'add', use: 'test.add', with: { by: 0 }, perPage: [{ pages, with: { by: 100 } }] },
    ]
    const pipeline = { version: 1 as const, inputs: { other: { kind: 'image' } }, steps, outputs: { 'a.png': 'add' } }
    const { outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(three), other: imageInput(nine) })
    const files = await Array.fromAsync(outputs['a.png'] as Output)
    expect(await Promise.all(files.map(async (file) => readImageFile(await file.bytes()).pixels[0]))).toEqual(expected)
  })
})

import { describe, expect, it } from 'vitest'
import { digestOf, formatPageId, type PipelineDefinition } from '../../src/index.ts'
import { type ModelSequence, randomPipeline } from '../workshop/arranged-model.ts'
import { imageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop, textOf } from '../workshop/workshop.ts'

/** The same numbers on every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

const size = { mediaType: 'image/tiff', width: 4, height: 1 } as const

/** A file and what the model knows of its pages. Every fourth page has equal pixels, so that what is found by content belongs to either. */
function opened(id: string, { pages: count, from }: { pages: number; from: number }) {
  const grey = (page: number, index: number): number => from + (page % 4) * 10 + index
  const file = imageFile({ ...size, pages: count }, grey)
  const pages = Array.from({ length: count }, (_, page) => ({
    name: `${digestOf(file).slice(7, 19)}/${page + 1}`,
    copy: 0,
    pixels: Array.from({ length: size.width }, (_value, index) => grey(page, index)),
    left: 0,
  }))
  const sequence: ModelSequence = { id, pages, depth: 1, arranged: false }
  return { file, sequence }
}

const letter = opened('letter', { pages: 5, from: 0 })
const annex = opened('annex', { pages: 3, from: 100 })

async function agreesWithTheModel(seed: number, { caching }: { caching: boolean }): Promise<void> {
  await using shop = openWorkshop({ concurrency: 4 })
  const random = seeded(seed)
  let refused = 0
  for (let round = 0; round < 150; round++) {
    const { steps, last } = randomPipeline(random, [letter.sequence, annex.sequence], 4 + Math.floor(random() * 12))
    if (steps.length === 0) continue
    const definition: PipelineDefinition = {
      version: 1,
      inputs: { more: { kind: 'image' } },
      steps: [
        { id: 'letter', use: 'test.pages', from: 'input' },
        { id: 'annex', use: 'test.pages', from: 'more' },
        ...steps,
        { id: 'read', use: 'test.read', from: steps.at(-1)?.id ?? 'letter' },
      ],
      outputs: { 'out.txt': 'read' },
    }
    const inputs = { input: imageInput(letter.file), more: imageInput(annex.file) }
    const { outputs, error } = await shop.imagedoc.run(definition, inputs, { cache: caching })
    const told = JSON.stringify(definition.steps)
    if (!last) {
      refused++
      expect(error?.code, told).toBe('PAGES_MISMATCH')
      continue
    }
    expect(error, told).toBeUndefined()
    const entries = outputs['out.txt']?.entries() ?? []
    const made = await Promise.all(
      entries.map(async ({ page, artifact }) => `${formatPageId(page)}: ${artifact && (await textOf(artifact))}`),
    )
    const wanted = last.pages.map(({ name, copy, pixels }) => `${name}${copy > 0 ? `#${copy + 1}` : ''}: ${pixels.join(' ')}`)
    expect(made, told).toEqual(wanted)
  }
  expect(refused).toBeGreaterThan(0)
}

describe('random pipelines that select, insert, join and take apart', () => {
  it.each([1, 2, 3])('give what a model without a cache gives, whatever the cache has (seed %i)', (seed) =>
    agreesWithTheModel(seed, { caching: true }),
  )

  it('give it without a cache', () => agreesWithTheModel(4, { caching: false }))
})

it('costs as many steps as there are, although ways part and meet at each', async () => {
  await using shop = openWorkshop()
  const steps = Array.from({ length: 40 }, (_, round) => {
    const before = round === 0 ? 'letter' : `s${round - 1}`
    return [
      { id: `j${round}`, use: 'pages.join', from: { pages: before, more: before } },
      { id: `s${round}`, use: 'pages.select', with: { pages: '1' } },
    ]
  }).flat()
  const definition: PipelineDefinition = {
    version: 1,
    steps: [{ id: 'letter', use: 'test.pages' }, ...steps, { id: 'read', use: 'test.read' }],
  }
  const { outputs } = await shop.imagedoc.run(definition, { input: imageInput(letter.file) })
  expect(outputs['read.txt']?.entries().map(({ page }) => formatPageId(page))).toEqual([letter.sequence.pages[0]?.name])
})

// Forty pages through a sharp chain and OCR: cores + 1 in flight against one at a time.
import { availableParallelism } from 'node:os'
import { type AnyOperation, createImageDoc, fromBytes, type ImageDoc, type PipelineDefinition } from '@imagedoc/core'
import image, { hardenProcess } from '@imagedoc/plugin-image'
import ocr from '@imagedoc/plugin-ocr'
import { atLeast, type Measure } from '../harness/figure.ts'
import { interleave } from '../harness/interleave.ts'
import { jpegPages } from '../harness/pages.ts'

const pipeline: PipelineDefinition = {
  version: 1,
  steps: [
    { use: 'image.rotate', with: { angle: 0.7 } },
    { use: 'image.grayscale' },
    { use: 'image.resize', with: { width: 1000 } },
    { use: 'image.sharpen' },
    { use: 'ocr.recognize', with: { languages: ['por'] } },
    { use: 'ocr.text' },
  ],
}

export const measure: Measure = async ({ quick }) => {
  hardenProcess()
  const pages = await jpegPages(quick ? 4 : 40, { seed: 'parallel', width: 1240, height: 1000, dpi: 150, fontSize: 12 })
  const inputs = { input: pages.map((page, index) => fromBytes(page, { name: `page-${index}.jpg` })) }
  await using one = createImageDoc({ plugins: [image(), ocr()], concurrency: 1 })
  await using many = createImageDoc({ plugins: [image(), ocr()] })
  const read = async (imagedoc: ImageDoc<AnyOperation>): Promise<void> => {
    const result = await imagedoc.run(pipeline, inputs, { cache: false })
    if (result.status !== 'done') throw result.error ?? new Error(result.status)
  }
  // Both open their threads and models first.
  for (const imagedoc of [one, many]) await imagedoc.run(pipeline, { input: inputs.input.slice(0, 3) }, { cache: false })
  const times = await interleave({ one: () => read(one), many: () => read(many) }, { rounds: quick ? 1 : 2, warm: 0 })
  const inFlight = availableParallelism() + 1
  return [
    atLeast(
      `${pages.length} pages, sharp chain and OCR: ${inFlight} in flight against one at a time`,
      { bound: 1.9, unit: 'x' },
      {
        number: times.one.wall / times.many.wall,
        detail: `wall ${(times.many.wall / 1000).toFixed(1)} s against ${(times.one.wall / 1000).toFixed(1)} s; CPU ${(times.many.cpu / 1000).toFixed(1)} and ${(times.one.cpu / 1000).toFixed(1)} s`,
      },
    ),
  ]
}

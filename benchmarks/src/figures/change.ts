// Six steps on a hundred pages: the last one changed, and one page changed.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AnyOperation, createImageDoc, fromBytes, fromFile, type ImageDoc, type Inputs, type PipelineDefinition } from '@imagedoc/core'
import image, { hardenProcess } from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import sharp from 'sharp'
import { atMost, type Figure, format, type Measure } from '../harness/figure.ts'
import { median } from '../harness/interleave.ts'
import { jpegPage, jpegPages, numbered, pdfOf } from '../harness/pages.ts'
import { type Folder, fileDrivers, temporaryFolder } from '../harness/workspace.ts'

const rendered = { seed: 'change', dpi: 200, channels: 1 } as const
const distinct = 5
const size = { width: 1654, height: 2339, dpi: 200 }

/** The last step of six; deskew, the fifth, is heavy: what it gives is kept. */
const last = (method: 'otsu' | 'sauvola') => ({ id: 'clean', use: 'image.binarize', with: { method } })
const outputs = { 'page.png': 'clean' }
const sixSteps = (method: 'otsu' | 'sauvola'): PipelineDefinition => ({
  version: 1,
  steps: [
    { use: 'document.pages' },
    { use: 'image.crop', with: { left: '2%', top: '2%', width: '96%', height: '96%' } },
    { use: 'image.adjust', with: { contrast: 1.1 } },
    { use: 'image.blur', with: { sigma: 0.5 } },
    { id: 'straight', use: 'image.deskew' },
    last(method),
  ],
  outputs,
})

export const measure: Measure = async ({ quick }) => {
  hardenProcess()
  const pages = await jpegPages(quick ? 6 : 100, { ...rendered, distinct })
  await using folder = await temporaryFolder()
  const rounds = quick ? 1 : 2
  return [...(await lastStep(pages, { folder, rounds })), ...(await onePage(pages, { rounds: 1 }))]
}

async function timed(imagedoc: ImageDoc<AnyOperation>, pipeline: PipelineDefinition, inputs: Inputs): Promise<number> {
  const start = performance.now()
  const result = await imagedoc.run(pipeline, inputs)
  if (result.status !== 'done') throw result.error ?? new Error(result.status)
  const wall = performance.now() - start
  const pagesOf = result.receipt.steps.map((step) => `${step.id} ${step.pages.hit}+${step.pages.miss}`)
  process.stderr.write(`  ${(wall / 1000).toFixed(2)} s  (hit+miss: ${pagesOf.join(', ')})\n`)
  return wall
}

/**
 * What the last step costs alone is a run of that step over the same hundred images, given as files that are read fast (TIFF without compression),
 * with a cache of its own to write to: all there is to do, and nothing of the five steps before it.
 */
async function lastStep(pages: readonly Uint8Array[], at: { folder: Folder; rounds: number }): Promise<Figure[]> {
  const alone: PipelineDefinition = { version: 1, steps: [last('sauvola')], outputs }
  const straight = await straightened(pages, at.folder)
  const input = pages.map((bytes, index) => fromBytes(bytes, { name: `${index}.jpg` }))
  const taken = { full: [] as number[], changed: [] as number[], alone: [] as number[] }
  for (let round = 0; round < at.rounds; round++) {
    await using cache = await temporaryFolder()
    await using other = await temporaryFolder()
    await using imagedoc = createImageDoc({ plugins: [image(), pdf()], ...fileDrivers(cache.path) })
    await using single = createImageDoc({ plugins: [image(), pdf()], ...fileDrivers(other.path) })
    taken.full.push(await timed(imagedoc, sixSteps('otsu'), { input }))
    // Threads are open in both before they are compared.
    await single.run({ ...alone, steps: [last('otsu')] }, { input: straight.slice(0, 3).map((path) => fromFile(path)) })
    const compare = async (name: 'changed' | 'alone'): Promise<void> => {
      if (name === 'changed') taken.changed.push(await timed(imagedoc, sixSteps('sauvola'), { input }))
      else taken.alone.push(await timed(single, alone, { input: straight.map((path) => fromFile(path)) }))
    }
    for (const name of round % 2 === 0 ? (['changed', 'alone'] as const) : (['alone', 'changed'] as const)) await compare(name)
  }
  const [full, changed, single] = [median(taken.full), median(taken.changed), median(taken.alone)]
  const detail = `${(changed / 1000).toFixed(1)} s against ${(single / 1000).toFixed(1)} s for that step alone; the full run took ${(full / 1000).toFixed(1)} s`
  return [
    atMost(
      `Six steps on ${pages.length} pages, the last one changed: against that step alone`,
      { bound: 1.05, unit: 'x' },
      { number: changed / single, detail },
    ),
  ]
}

/** What the fifth step gives, as files. */
async function straightened(pages: readonly Uint8Array[], folder: Folder): Promise<string[]> {
  await using imagedoc = createImageDoc({ plugins: [image(), pdf()] })
  const pipeline: PipelineDefinition = { version: 1, steps: sixSteps('otsu').steps.slice(0, 5), outputs: { 'page.tif': 'straight' } }
  const result = await imagedoc.run(
    pipeline,
    { input: pages.map((bytes, index) => fromBytes(bytes, { name: `${index}.jpg` })) },
    { cache: false },
  )
  const paths: string[] = []
  for await (const artifact of result.outputs['page.tif']!) {
    const grey = sharp(await artifact.bytes()).toColourspace('b-w')
    const path = join(folder.path, `${paths.length}.tif`)
    const resolution = rendered.dpi / 25.4
    await writeFile(path, await grey.tiff({ compression: 'none', xres: resolution, yres: resolution }).toBuffer())
    paths.push(path)
  }
  return paths
}

/** A page as it comes from another scan. */
async function again(index: number, round: number): Promise<Uint8Array> {
  return numbered(await jpegPage({ ...rendered, seed: `${rendered.seed} ${index % distinct}` }), 1000 + round)
}

/** The forty-third page is scanned again: as one of a hundred files, and as one page of a PDF. */
async function onePage(pages: readonly Uint8Array[], { rounds }: { rounds: number }): Promise<Figure[]> {
  const at = Math.min(42, pages.length - 1)
  const figures: Figure[] = []
  for (const form of ['files', 'PDF'] as const) {
    const given = async (list: readonly Uint8Array[]): Promise<Inputs> =>
      form === 'PDF'
        ? { input: fromBytes(await pdfOf(list, size), { name: 'pages.pdf' }) }
        : { input: list.map((bytes, index) => fromBytes(bytes, { name: `${index}.jpg` })) }
    const before = await given(pages)
    const ratios: number[] = []
    let detail = ''
    for (let round = 0; round < rounds; round++) {
      await using cache = await temporaryFolder()
      await using imagedoc = createImageDoc({ plugins: [image(), pdf()], ...fileDrivers(cache.path) })
      const after = await given(pages.with(at, await again(at, round)))
      const full = await timed(imagedoc, sixSteps('otsu'), before)
      const changed = await timed(imagedoc, sixSteps('otsu'), after)
      ratios.push((changed / full) * 100)
      detail = `${(changed / 1000).toFixed(2)} s of ${(full / 1000).toFixed(1)} s; one page is ${format(100 / pages.length)} %`
    }
    figures.push(
      atMost(
        `One page of ${pages.length} changed, in ${form === 'PDF' ? 'one PDF' : 'gathered files'}: against a full run`,
        { bound: 3, unit: '%' },
        { number: median(ratios), detail },
      ),
    )
  }
  return figures
}

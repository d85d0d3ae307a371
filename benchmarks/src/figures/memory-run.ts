// One run of memory.ts: FORM CACHING COUNT. The pages are A4 at 200 dpi, each another file.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createImageDoc, fromFile, type PipelineDefinition } from '@imagedoc/core'
import image, { hardenProcess } from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { tell } from '../harness/child.ts'
import { jpegPages, pdfOf } from '../harness/pages.ts'
import { fileDrivers, temporaryFolder } from '../harness/workspace.ts'

const pipeline: PipelineDefinition = {
  version: 1,
  steps: [{ use: 'document.pages' }, { use: 'image.deskew' }, { id: 'clean', use: 'image.binarize' }],
  outputs: { 'page.png': 'clean' },
}

const [form, caching, count] = process.argv.slice(2) as [string, string, string]
hardenProcess()
await using folder = await temporaryFolder()

async function writeInput(): Promise<string[]> {
  const size = { width: 1654, height: 2339, dpi: 200 }
  const jpegs = await jpegPages(Number(count), { seed: 'memory', channels: 1, dpi: 200 })
  const files =
    form === 'pdf' ? { 'pages.pdf': await pdfOf(jpegs, size) } : Object.fromEntries(jpegs.map((jpeg, page) => [`${page}.jpg`, jpeg]))
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder.path, name), bytes)
  return Object.keys(files).map((name) => join(folder.path, name))
}

/** In a process of its own, too: making the document takes memory. */
if (process.env['IMAGEDOC_BENCH_INPUT'] === undefined) {
  const { inChild } = await import('../harness/child.ts')
  const paths = await writeInput()
  const env = { IMAGEDOC_BENCH_INPUT: JSON.stringify(paths) }
  const { value, peakMB } = await inChild(new URL(import.meta.url), process.argv.slice(2), { env })
  process.stdout.write(`${JSON.stringify({ value, peakMB })}\n`)
} else {
  const sources = (JSON.parse(process.env['IMAGEDOC_BENCH_INPUT']) as string[]).map((path) => fromFile(path))
  const drivers = caching === 'cached' ? fileDrivers(join(folder.path, 'cache')) : {}
  await using imagedoc = createImageDoc({ plugins: [image(), pdf()], ...drivers })
  const input = form === 'pdf' ? sources[0]! : sources
  const result = await imagedoc.run(pipeline, { input }, { cache: caching === 'cached' })
  if (result.status !== 'done' || result.outputs['page.png']?.length !== Number(count)) throw result.error ?? new Error(result.status)
  tell(result.outputs['page.png'].length)
}

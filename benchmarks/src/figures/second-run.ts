// The same run twice over a document of 100 pages, through the built server: the second one finds everything. Needs `pnpm build`.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mutate, runEnded, startRun, uploadDocument } from '../harness/archive.ts'
import { atMost, format, type Measure } from '../harness/figure.ts'
import { median } from '../harness/interleave.ts'
import { jpegPages, pdfOf } from '../harness/pages.ts'
import { assertBuilt, register, startServer } from '../harness/server.ts'

const AGAIN = 5

export const measure: Measure = async ({ quick }) => {
  assertBuilt()
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  try {
    await using server = await startServer('whole', folder)
    const session = { url: server.url, token: await register(server) }
    const { id: collection } = await mutate<{ id: string }>(session, 'collections.create', { title: 'twice' })
    const count = quick ? 5 : 100
    const pages = await jpegPages(count, { seed: 1, dpi: 150, degradation: 'scan' })
    const document = await uploadDocument(session, collection, await pdfOf(pages, { width: 1240, height: 1754, dpi: 150 }))
    const steps = [
      { use: 'document.pages', with: { dpi: 150 } },
      { use: 'image.deskew' },
      { id: 'clean', use: 'image.binarize' },
      { id: 'words', use: 'ocr.recognize' },
      { id: 'pdf', use: 'pdf.searchable', from: { pages: 'clean', layout: 'words' } },
    ]
    const definition = { version: 1, steps, outputs: { 'pages.pdf': 'pdf' } }
    const run = async () => {
      const ended = await runEnded(session, await startRun(session, document, definition))
      if (ended.state !== 'done') throw new Error(ended.error?.message ?? ended.state)
      return ended
    }
    const first = await run()
    const later: number[] = []
    for (let round = 0; round < AGAIN; round++) later.push((await run()).ms)
    const detail = `${format(median(later))} ms, median of ${AGAIN}, against ${format(first.ms / 1000)} s`
    return [
      atMost(
        `Server: second run of a document of ${count} pages (deskew, binarize, OCR, searchable PDF) against the first`,
        { bound: 2, unit: '%' },
        { number: (100 * median(later)) / first.ms, detail },
      ),
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

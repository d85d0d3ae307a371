// Pages of OCR by two workers and by one, each with one page at a time, in turns. Needs `pnpm build` and the servers of `.ci/servers/up`.
import { mutate, runEnded, type Session, startRun, uploadDocument } from '../harness/archive.ts'
import { atLeast, format, type Measure } from '../harness/figure.ts'
import { openFleet } from '../harness/fleet.ts'
import { median } from '../harness/interleave.ts'
import { jpegPages, pdfOf } from '../harness/pages.ts'
import { register } from '../harness/server.ts'

/** The run says itself how long it took; asked ten times a second, the server would take a tenth of the cores that are to be shared. */
const ASK_MS = 1000
const page = { seed: 1, dpi: 150, degradation: 'scan' } as const

export const measure: Measure = async ({ quick }) => {
  const count = quick ? 6 : 40
  await using fleet = await openFleet()
  const server = await fleet.serve()
  const session = { url: server.url, token: await register(server) }
  const { id: collection } = await mutate<{ id: string }>(session, 'collections.create', { title: 'workers' })
  const pages = await jpegPages(count, page)
  const document = await uploadDocument(session, collection, await pdfOf(pages, { width: 1240, height: 1754, dpi: 150 }))
  const first = await fleet.work('--concurrency', '1')
  await recognised(session, document)
  const taken = { one: [] as number[], two: [] as number[] }
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    taken.one.push(await recognised(session, document))
    const second = await fleet.work('--concurrency', '1')
    // Its children are started and its engine is loaded: what is compared is the work.
    await recognised(session, document)
    taken.two.push(await recognised(session, document))
    await second.stop()
  }
  await first.stop()
  const [one, two] = [median(taken.one), median(taken.two)]
  const detail = `${format(one / 1000)} s and ${format(two / 1000)} s, medians of ${taken.one.length} in turns`
  const what = `Workers: ${count} pages of OCR by two workers against one, one page at a time each`
  return [atLeast(what, { bound: 1.85, unit: 'x' }, { number: one / two, detail })]
}

let different = 0

/** Milliseconds of a run over pages that no cache knows. */
async function recognised(session: Session, document: string): Promise<number> {
  const steps = [
    { use: 'document.pages', with: { dpi: 150 } },
    { use: 'image.adjust', with: { brightness: 1 + ++different / 1000 } },
    { id: 'words', use: 'ocr.recognize' },
    { id: 'text', use: 'ocr.text' },
  ]
  const id = await startRun(session, document, { version: 1, steps, outputs: { 'page.txt': 'text' } })
  const ended = await runEnded(session, id, ASK_MS)
  if (ended.state !== 'done') throw new Error(ended.error?.message ?? ended.state)
  return ended.ms
}

// What a worker keeps after many jobs: its RSS after 2,000 of them against that after 200. Needs `pnpm build`, /proc and the servers of `.ci/servers/up`.
import { setTimeout as sleep } from 'node:timers/promises'
import { mutate, runEnded, type Session, startRun, uploadDocument } from '../harness/archive.ts'
import { atMost, format, type Measure } from '../harness/figure.ts'
import { openFleet } from '../harness/fleet.ts'
import { jpegPages, pdfOf } from '../harness/pages.ts'
import { familyOf, memoryOf } from '../harness/process.ts'
import { register } from '../harness/server.ts'

const MB = 1e6
const PAGES = 50
/** What was just freed is given back to the system by and by. */
const SETTLE_MS = 5000
const page = { seed: 1, dpi: 100, degradation: 'scan' } as const

export const measure: Measure = async ({ quick }) => {
  const [early, late] = quick ? [PAGES, 3 * PAGES] : [200, 2000]
  await using fleet = await openFleet()
  const server = await fleet.serve()
  const session = { url: server.url, token: await register(server) }
  const { id: collection } = await mutate<{ id: string }>(session, 'collections.create', { title: 'memory' })
  const sizes = { width: 827, height: 1169, dpi: 100 }
  const document = await uploadDocument(session, collection, await pdfOf(await jpegPages(PAGES, page), sizes))
  const worker = await fleet.work('--concurrency', '2')
  const at: { jobs: number; own: number; all: number }[] = []
  for (let jobs = 0; jobs < late; ) {
    await mixed(session, document, jobs)
    jobs += PAGES
    if (jobs !== early && jobs !== late) continue
    await sleep(SETTLE_MS)
    at.push({ jobs, own: memoryOf(worker.pid, 'VmRSS'), all: withChildren(worker.pid) })
  }
  const [before, after] = at
  if (!before || !after) throw new Error('the worker was not measured twice')
  const grown = `${format(before.own / MB)} MB, then ${format(after.own / MB)} MB; with its children ${format(before.all / MB)} MB, then ${format(after.all / MB)} MB`
  const what = `Worker: RSS after ${late} mixed pages against that after ${early}`
  return [atMost(what, { bound: 1.15, unit: 'x' }, { number: after.own / before.own, detail: grown })]
}

/** A run over every page, of another kind each time; no cache knows its results. */
async function mixed(session: Session, document: string, number: number): Promise<void> {
  const adjust = { use: 'image.adjust', with: { brightness: 1 + (number + 1) / 10_000 } }
  const kinds = [
    { steps: [adjust, { use: 'image.deskew' }, { id: 'last', use: 'image.binarize' }], output: 'page.png' },
    {
      steps: [adjust, { use: 'image.rotate', with: { angle: 3 } }, { id: 'last', use: 'image.resize', with: { width: 600 } }],
      output: 'page.jpg',
    },
    { steps: [adjust, { id: 'words', use: 'ocr.recognize' }, { id: 'last', use: 'ocr.text' }], output: 'page.txt' },
    { steps: [adjust, { id: 'last', use: 'image.grayscale' }], output: 'page.webp' },
  ]
  const { steps, output } = kinds[(number / PAGES) % kinds.length] as (typeof kinds)[number]
  const definition = { version: 1, steps: [{ use: 'document.pages', with: { dpi: 100 } }, ...steps], outputs: { [output]: 'last' } }
  const ended = await runEnded(session, await startRun(session, document, definition))
  if (ended.state !== 'done') throw new Error(ended.error?.message ?? ended.state)
}

const withChildren = (pid: number): number => familyOf(pid).reduce((sum, one) => sum + memoryOf(one, 'VmRSS'), 0)

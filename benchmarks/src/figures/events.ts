// Live events of a run, from the built server to a client in another process, and a cancel, to the end of the run. Needs `pnpm build`.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '@imagedoc/client'
import { atMost, type Figure, format, type Measure } from '../harness/figure.ts'
import { jpegPages, pdfOf } from '../harness/pages.ts'
import { assertBuilt, register, startServer } from '../harness/server.ts'

const FOLLOWERS = 5

interface Archive {
  readonly client: Client
  readonly document_id: string
  readonly pages: number
}

export const measure: Measure = async ({ quick }) => {
  assertBuilt()
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  try {
    await using server = await startServer('whole', folder)
    const client = createClient({ url: server.url, token: await register(server) })
    const { id: collection_id } = await client.collections.create({ title: 'events' })
    const pages = quick ? 4 : 40
    const file = await pdfOf(await jpegPages(pages, { seed: 1, dpi: 150, degradation: 'scan' }), { width: 1240, height: 1754, dpi: 150 })
    const { id: document_id } = await client.uploadDocument(new Blob([new Uint8Array(file)]), { collection_id, title: 'pages' })
    const archive = { client, document_id, pages }
    return [await measureEvents(archive, { rounds: quick ? 1 : 3, url: server.url }), ...(await measureCancel(archive, quick ? 2 : 20))]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * From when core says that it happened to when the client has it; both processes read the same clock, in whole milliseconds. Beside it what a request
 * that does nothing takes meanwhile: so much of it is the machine's.
 */
async function measureEvents(archive: Archive, { rounds, url }: { rounds: number; url: string }): Promise<Figure> {
  const delays: number[] = []
  const requests: number[] = []
  for (let round = 0; round < rounds; round++) {
    // Another angle each time, so that nothing comes from the cache.
    const steps = archive.client
      .pipeline()
      .step('document.pages', { dpi: 150 })
      .step('image.rotate', { angle: 0.5 + round })
    const run = archive.client.run({ document_id: archive.document_id }, steps.step('image.binarize'))
    const ended = new AbortController()
    const idle = askIdly(url, requests, ended.signal)
    await Promise.all(Array.from({ length: FOLLOWERS }, () => watch(run.events(), delays)))
    ended.abort()
    await idle
    await run.result()
  }
  const [sorted, others] = [delays, requests].map((all) => all.toSorted((one, other) => one - other)) as [number[], number[]]
  const detail = [
    `median ${at(sorted, 0.5)} ms, 99 % ${at(sorted, 0.99)} ms`,
    `${sorted.length} events at ${FOLLOWERS} followers of runs over ${archive.pages} pages, from when each was connected, while the pages are worked on`,
    'without progress, which is thinned out',
    `a request for /health/live meanwhile: median ${format(at(others, 0.5))} ms, 95 % ${format(at(others, 0.95))} ms`,
  ].join('; ')
  const what = 'Server: a run’s event, from when it happened to the client, 95th of 100'
  return atMost(what, { bound: 50, unit: 'ms' }, { number: at(sorted, 0.95), detail })
}

async function watch(events: ReturnType<ReturnType<Client['attach']>['events']>, delays: number[]): Promise<void> {
  let connectedAt: number | undefined
  for await (const event of events) {
    if (event.type === 'snapshot') throw new Error('events were lost: a snapshot came')
    // What had happened before waited for nobody but the client.
    connectedAt ??= Date.now()
    const happenedAt = Date.parse(event.at)
    if (event.type !== 'step-progress' && happenedAt >= connectedAt) delays.push(Date.now() - happenedAt)
  }
}

async function askIdly(url: string, requests: number[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const from = performance.now()
    await (await fetch(`${url}/health/live`)).text()
    requests.push(performance.now() - from)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function measureCancel({ client, document_id }: Archive, rounds: number): Promise<Figure[]> {
  const told: number[] = []
  const called: number[] = []
  for (let round = 0; round < rounds; round++) {
    const pipeline = client
      .pipeline()
      .step('document.pages', { dpi: 150 })
      .step('image.rotate', { angle: -0.5 - round / 100 })
      .step('ocr.recognize')
      .step('ocr.text')
    const run = client.run({ document_id }, pipeline)
    let from = 0
    let cancelling: Promise<void> | undefined
    for await (const event of run.events()) {
      if (cancelling || event.type !== 'step-started' || event.step !== 'ocr.recognize') continue
      from = performance.now()
      cancelling = run.cancel().then(() => void called.push(performance.now() - from))
    }
    told.push(performance.now() - from)
    await cancelling
    const { state } = await client.runs.get({ id: await run.id })
    if (state !== 'cancelled') throw new Error(`the run is ${state}`)
  }
  const sorted = told.toSorted((a, b) => a - b)
  const detail = `median ${format(at(sorted, 0.5))} ms, of ${rounds} in mid-OCR; the call itself took ${format(
    at(
      called.toSorted((a, b) => a - b),
      0.5,
    ),
  )} ms`
  return [
    atMost(
      'Server: cancel of a run, to its last event and state, the longest',
      { bound: 1, unit: 's' },
      { number: (sorted.at(-1) ?? Number.NaN) / 1000, detail },
    ),
  ]
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

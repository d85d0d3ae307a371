// What a quiet user waits for while a noisy one has filled every queue of the built server: the attack of issue 14. Needs `pnpm build`.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { slowPdf, slowPdfs } from '@imagedoc/fixtures'
import { mutate, query, type Session, uploadDocument } from '../harness/archive.ts'
import { atMost, type Figure, format, type Measure } from '../harness/figure.ts'
import { jpegPage } from '../harness/pages.ts'
import { assertBuilt, register, startServer } from '../harness/server.ts'

const page = { seed: 3, width: 600, height: 800, dpi: 72, degradation: 'scan' } as const
/** Longer is not waited for. */
const GIVEN_UP_MS = 120_000
/** The noisy one is at it for so long before the quiet one comes. */
const AHEAD_MS = 1500

interface Bench {
  readonly noisy: Session
  readonly quiet: Session
  readonly collections: { readonly noisy: string; readonly quiet: string }
  readonly jpeg: Uint8Array
}

/** Of one kind of request: what the noisy user keeps asking for, so many at a time, and what the quiet one does. */
interface Attack {
  readonly name: string
  readonly atOnce: number
  readonly noise: (bench: Bench, number: number) => Promise<unknown>
  readonly ask: (bench: Bench, number: number) => Promise<unknown>
}

export const measure: Measure = async ({ quick }) => {
  assertBuilt()
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  try {
    await using server = await startServer('whole', folder, { registration: 'open' })
    const bench = await openBench({ url: server.url, token: await register(server) })
    const slow = await Promise.all(Array.from({ length: 12 }, (_, seed) => slowDocument(bench, seed)))
    const figures: Figure[] = []
    for (const attack of attacksWith(slow)) figures.push(await measured(bench, attack, quick ? 3 : 10))
    return figures
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function openBench(noisy: Session): Promise<Bench> {
  const body = { username: 'quiet', email: 'quiet@example.org', password: 'a long sentence to measure' }
  const quiet = { url: noisy.url, token: (await mutate<{ token: string }>(noisy, 'auth.register', body)).token }
  const collectionOf = async (session: Session) => (await mutate<{ id: string }>(session, 'collections.create', { title: 'fair' })).id
  const collections = { noisy: await collectionOf(noisy), quiet: await collectionOf(quiet) }
  return { noisy, quiet, collections, jpeg: (await jpegPage(page)).jpeg }
}

/** What takes long to draw; a field tree takes long to check as well, in its own attack. */
async function slowDocument({ noisy, collections }: Bench, seed: number): Promise<string> {
  const kinds = slowPdfs.filter((kind) => kind !== 'field tree')
  return uploadDocument(noisy, collections.noisy, slowPdf(kinds[seed % kinds.length] ?? 'images', seed))
}

function attacksWith(slow: readonly string[]): Attack[] {
  const thumbnail = (number: number) => `/documents/${slow[number % slow.length]}/pages/1?width=${[160, 320, 640][number % 3]}`
  const own = ({ quiet, collections, jpeg }: Bench, number: number) => uploadDocument(quiet, collections.quiet, another(jpeg, number))
  return [
    {
      name: 'thumbnail of a new page',
      atOnce: 30,
      noise: ({ noisy }, number) => get(noisy, thumbnail(number)),
      ask: async (bench, number) => get(bench.quiet, `/documents/${await own(bench, number)}/pages/1?width=160`),
    },
    {
      name: 'preview of a new page',
      atOnce: 30,
      noise: ({ noisy }, number) => preview(noisy, slow[number % slow.length] ?? ''),
      ask: async (bench, number) => preview(bench.quiet, await own(bench, 1000 + number)),
    },
    {
      name: 'upload with its check',
      atOnce: 6,
      noise: ({ noisy, collections }, number) => uploadDocument(noisy, collections.noisy, slowPdf('field tree', 100 + number)),
      ask: (bench, number) => own(bench, 2000 + number),
    },
    {
      name: 'search',
      atOnce: 60,
      noise: ({ noisy }) => query(noisy, 'search', { text: 'fair letter a' }).catch(() => undefined),
      ask: ({ quiet }) => query(quiet, 'search', { text: 'letter' }),
    },
  ]
}

async function measured(bench: Bench, attack: Attack, count: number): Promise<Figure> {
  const alone = await times(bench, attack, { count, first: 0 })
  const stop = new AbortController()
  const noise = makeNoise(bench, attack, stop.signal)
  await sleep(AHEAD_MS)
  const beside = await times(bench, attack, { count, first: count })
  stop.abort()
  await Promise.race([noise, sleep(GIVEN_UP_MS)])
  const p95 = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.ceil(0.95 * values.length) - 1] ?? Number.NaN
  const detail = `${format(p95(alone) / 1000)} s without them; ${count} requests beside ${attack.atOnce} at a time`
  return atMost(
    `Quiet user beside a noisy one, 95th of 100: ${attack.name}`,
    { bound: 5, unit: 's' },
    { number: p95(beside) / 1000, detail },
  )
}

/** Milliseconds of each, one after the other. */
async function times(bench: Bench, { ask }: Attack, { count, first }: { count: number; first: number }): Promise<number[]> {
  const all: number[] = []
  for (let number = first; number < first + count; number++) {
    const since = performance.now()
    await Promise.race([ask(bench, number), sleep(GIVEN_UP_MS, undefined, { ref: false })])
    all.push(performance.now() - since)
    // What is given up once is not better the next time.
    if ((all.at(-1) ?? 0) >= GIVEN_UP_MS) break
  }
  return all
}

async function makeNoise(bench: Bench, { atOnce, noise }: Attack, stop: AbortSignal): Promise<void> {
  let number = 0
  const lane = async (): Promise<void> => {
    while (!stop.aborted) {
      await noise(bench, number++).catch(() => undefined)
      // One that is refused comes again at once, but not so often that a limit of requests ends it.
      await sleep(50)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

/** Another file of the same image: bytes behind its end are none of it. */
const another = (jpeg: Uint8Array, index: number): Uint8Array => Buffer.concat([jpeg, Buffer.from(`number ${index} ${process.pid}`)])

async function get({ url, token }: Session, path: string): Promise<void> {
  const response = await fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${token}` } })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
}

async function preview({ url, token }: Session, document: string): Promise<void> {
  const response = await fetch(`${url}/documents/${document}/pages/1/preview`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ steps: [{ use: 'image.grayscale' }] }),
  })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`preview: ${response.status}`)
}

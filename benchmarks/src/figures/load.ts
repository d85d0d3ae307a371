// The built server under many users while runs use one core (a page at a time): 150 requests a second, none of which may wait for the runs. Needs `pnpm build`.
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mutate, type Session, startRun, uploadDocument } from '../harness/archive.ts'
import { atMost, type Figure, format, type Measure } from '../harness/figure.ts'
import { jpegPages, pdfOf } from '../harness/pages.ts'
import { assertBuilt, register, startServer } from '../harness/server.ts'

const RATE = 150
const THUMBNAILS = 8
const page = { seed: 1, dpi: 150, degradation: 'scan' } as const

/** 50 % lists, 30 % gets, 10 % writes, 10 % cached thumbnails: the kind of the nth request. */
const mix = ['list', 'get', 'list', 'get', 'list', 'write', 'list', 'get', 'list', 'thumbnail'] as const

interface Answer {
  readonly kind: (typeof mix)[number]
  readonly ms: number
  readonly status: number
}

export const measure: Measure = async ({ quick }) => {
  assertBuilt()
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-bench-'))
  try {
    await using server = await startServer('whole', folder, { registration: 'open', workerConcurrency: 1 })
    const session = { url: server.url, token: await register(server) }
    const { id: collection } = await mutate<{ id: string }>(session, 'collections.create', { title: 'load' })
    const sizes = { width: 1240, height: 1754, dpi: 150 }
    const pages = await jpegPages(THUMBNAILS, page)
    const shown = await uploadDocument(session, collection, await pdfOf(pages, sizes))
    for (let index = 0; index < 60; index++)
      await uploadDocument(session, collection, another(pages[index % THUMBNAILS] as Uint8Array, index))
    const work = await uploadDocument(session, collection, await pdfOf(await jpegPages(quick ? 8 : 100, { ...page, seed: 2 }), sizes))
    const sessions = [session, ...(await editors(session, collection))]
    const stop = new AbortController()
    const runs = keepRunning(session, work, stop.signal)
    await sleep(2000)
    runs.catch(() => undefined)
    const answers = await load(sessions, { collection, document: shown, seconds: quick ? 10 : 120 })
    stop.abort()
    const begun = await runs
    return figures(answers, begun)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Further users: one alone may not ask so often. */
async function editors({ url, token }: Session, id: string): Promise<Session[]> {
  const others = ['ana', 'bruno', 'carla'].map(async (username) => {
    const body = { username, email: `${username}@example.org`, password: 'a long sentence to measure' }
    const made = await mutate<{ token: string }>({ url, token }, 'auth.register', body)
    await mutate({ url, token }, 'collections.members.set', { id, username, role: 'editor' })
    return { url, token: made.token }
  })
  return Promise.all(others)
}

/** Another file of the same image: bytes behind its end are none of it. */
const another = (jpeg: Uint8Array, index: number): Uint8Array => Buffer.concat([jpeg, Buffer.from(`number ${index}`)])

/** One run after the other over a document of many pages, none of which the cache knows. */
async function keepRunning(session: Session, document: string, signal: AbortSignal): Promise<number> {
  let begun = 0
  while (!signal.aborted) {
    const brightness = 1 + (begun++ % 1000) / 10_000
    const steps = [
      { use: 'document.pages', with: { dpi: 150 } },
      { use: 'image.adjust', with: { brightness } },
      { id: 'clean', use: 'image.binarize' },
    ]
    const id = await startRun(session, document, { version: 1, steps, outputs: { 'page.png': 'clean' } })
    while (!signal.aborted) {
      await sleep(200, undefined, { signal }).catch(() => undefined)
      const response = await fetch(`${session.url}/trpc/runs.get?input=${encodeURIComponent(JSON.stringify({ id }))}`, {
        headers: { Authorization: `Bearer ${session.token}` },
      })
      const { result } = (await response.json()) as { result: { data: { ended_at: string | null } } }
      if (result.data.ended_at !== null) break
    }
  }
  return begun
}

async function load(sessions: readonly Session[], at: { collection: string; document: string; seconds: number }): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  const answers: Promise<Answer>[] = []
  const started = performance.now()
  // Thumbnails are made once before: what is measured is the cached one.
  for (let number = 1; number <= THUMBNAILS; number++) await ask(agent, sessions[0] as Session, { kind: 'thumbnail', number, ...at })
  for (let number = 0; number < at.seconds * RATE; number++) {
    const due = started + (number * 1000) / RATE
    if (due > performance.now()) await sleep(due - performance.now())
    answers.push(
      ask(agent, sessions[number % sessions.length] as Session, { kind: mix[number % mix.length] as Answer['kind'], number, ...at }),
    )
  }
  const all = await Promise.all(answers)
  agent.destroy()
  return all
}

function ask(
  agent: Agent,
  { url, token }: Session,
  { kind, number, collection, document }: { kind: Answer['kind']; number: number; collection: string; document: string },
): Promise<Answer> {
  const input = (value: unknown): string => encodeURIComponent(JSON.stringify(value))
  const paths = {
    list: `/trpc/documents.list?input=${input({ collection_id: collection })}`,
    get: `/trpc/documents.get?input=${input({ id: document })}`,
    write: '/trpc/collections.create',
    thumbnail: `/documents/${document}/pages/${(number % THUMBNAILS) + 1}?width=320`,
  }
  const started = performance.now()
  return new Promise((done, failed) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const call = request(`${url}${paths[kind]}`, { agent, headers, method: kind === 'write' ? 'POST' : 'GET' }, (response) => {
      response.resume()
      response.on('end', () => done({ kind, ms: performance.now() - started, status: response.statusCode ?? 0 }))
    })
    call.on('error', failed)
    call.end(kind === 'write' ? JSON.stringify({ title: `number ${number}` }) : undefined)
  })
}

function figures(answers: readonly Answer[], runs: number): Figure[] {
  const all = answers.map(({ ms }) => ms).toSorted((a, b) => a - b)
  const p95 = all[Math.floor(all.length * 0.95)] ?? Number.NaN
  const faults = answers.filter(({ status }) => status >= 500).length
  const refused = answers.filter(({ status }) => status >= 400 && status < 500).length
  const each = (['list', 'get', 'write', 'thumbnail'] as const).map((kind) => {
    const own = answers
      .filter((answer) => answer.kind === kind)
      .map(({ ms }) => ms)
      .toSorted((a, b) => a - b)
    return `${kind} ${format(own[Math.floor(own.length * 0.95)] ?? Number.NaN)}`
  })
  const detail = `${answers.length} requests, p50 ${format(all[Math.floor(all.length / 2)] ?? Number.NaN)}; p95 by kind: ${each.join(', ')}; ${runs} runs begun`
  return [
    atMost(`Server: p95 at ${RATE} requests a second while runs are done`, { bound: 150, unit: 'ms' }, { number: p95, detail }),
    {
      what: `Server: answers of 500 and above at ${RATE} requests a second while runs are done`,
      target: '0',
      measured: `${faults} (${refused} of 400 and above)`,
      met: faults === 0,
    },
  ]
}

import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { mutate, query, type Session, startRun, uploadDocument } from './archive.ts'
import { atMost, type Figure, format } from './figure.ts'
import { jpegPages, pdfOf } from './pages.ts'

const THUMBNAILS = 8
const LISTED = 60
const page = { seed: 1, dpi: 150, degradation: 'scan' } as const
const size = { width: 1240, height: 1754, dpi: 150 }

/** 50 % lists, 30 % gets, 10 % writes, 10 % cached thumbnails: the kind of the nth request. */
const mix = ['list', 'get', 'list', 'get', 'list', 'write', 'list', 'get', 'list', 'thumbnail'] as const

interface Answer {
  readonly kind: (typeof mix)[number]
  readonly ms: number
  /** 0: none, the connection was lost. */
  readonly status: number
}

/** What is asked for, by whom, and what is computed meanwhile. */
export interface Archive {
  readonly sessions: readonly Session[]
  readonly collection: string
  /** Its pages are shown as thumbnails. */
  readonly document: string
  /** Of as many pages as were asked for. */
  readonly work: string
}

/** A collection with documents, four users who may see and change it, and a document of many pages to compute. */
export async function openArchive(session: Session, { pages }: { pages: number }): Promise<Archive> {
  const { id: collection } = await mutate<{ id: string }>(session, 'collections.create', { title: 'load' })
  const shown = await jpegPages(THUMBNAILS, page)
  const document = await uploadDocument(session, collection, await pdfOf(shown, size))
  for (let index = 0; index < LISTED; index++)
    await uploadDocument(session, collection, another(shown[index % THUMBNAILS] as Uint8Array, index))
  const work = await uploadDocument(session, collection, await pdfOf(await jpegPages(pages, { ...page, seed: 2 }), size))
  return { sessions: [session, ...(await editors(session, collection))], collection, document, work }
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

let different = 0

/** One run after the other over the document of many pages, none of which the cache knows, until the signal. @returns how many were begun */
export async function keepRunning({ sessions: [session], work }: Archive, signal: AbortSignal): Promise<number> {
  let begun = 0
  for (; !signal.aborted; begun++) {
    const steps = [
      { use: 'document.pages', with: { dpi: 150 } },
      { use: 'image.adjust', with: { brightness: 1 + (different++ % 1000) / 10_000 } },
      { id: 'clean', use: 'image.binarize' },
    ]
    const definition = { version: 1, steps, outputs: { 'page.png': 'clean' } }
    const id = await startRun(session as Session, work, definition)
    for (let ended = false; !ended && !signal.aborted; ) {
      await sleep(200, undefined, { signal }).catch(() => undefined)
      ended = (await query<{ ended_at: string | null }>(session as Session, 'runs.get', { id })).ended_at !== null
    }
  }
  return begun
}

/** Requests of the mix, so many a second whether or not the ones before are answered. */
export async function ask(archive: Archive, { rate, seconds }: { rate: number; seconds: number }): Promise<Answer[]> {
  const { sessions } = archive
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  const answers: Promise<Answer>[] = []
  // Thumbnails are made once before: what is measured is the cached one.
  for (let number = 1; number <= THUMBNAILS; number++) await one(agent, sessions[0] as Session, { kind: 'thumbnail', number, archive })
  const started = performance.now()
  for (let number = 0; number < seconds * rate; number++) {
    const due = started + (number * 1000) / rate
    if (due > performance.now()) await sleep(due - performance.now())
    const kind = mix[number % mix.length] as Answer['kind']
    answers.push(one(agent, sessions[number % sessions.length] as Session, { kind, number, archive }))
  }
  const all = await Promise.all(answers)
  agent.destroy()
  return all
}

function one(
  agent: Agent,
  { url, token }: Session,
  { kind, number, archive: { collection, document } }: { kind: Answer['kind']; number: number; archive: Archive },
): Promise<Answer> {
  const input = (value: unknown): string => encodeURIComponent(JSON.stringify(value))
  const paths = {
    list: `/trpc/documents.list?input=${input({ collection_id: collection })}`,
    get: `/trpc/documents.get?input=${input({ id: document })}`,
    write: '/trpc/collections.create',
    thumbnail: `/documents/${document}/pages/${(number % THUMBNAILS) + 1}?width=320`,
  }
  const started = performance.now()
  return new Promise((done) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const call = request(`${url}${paths[kind]}`, { agent, headers, method: kind === 'write' ? 'POST' : 'GET' }, (response) => {
      response.resume()
      response.on('close', () =>
        done({ kind, ms: performance.now() - started, status: response.complete ? (response.statusCode ?? 0) : 0 }),
      )
    })
    call.on('error', () => done({ kind, ms: performance.now() - started, status: 0 }))
    call.end(kind === 'write' ? JSON.stringify({ title: `number ${number}` }) : undefined)
  })
}

/** @param what under what load, as it ends the figures' names @param more for the detail */
export function figuresOf(answers: readonly Answer[], what: string, more: string): Figure[] {
  const p95 = at(answers, 0.95)
  const faults = answers.filter(({ status }) => status >= 500).length
  const lost = answers.filter(({ status }) => status === 0).length
  const refused = answers.filter(({ status }) => status >= 400 && status < 500).length
  const each = (['list', 'get', 'write', 'thumbnail'] as const).map((kind) => {
    const own = answers.filter((answer) => answer.kind === kind)
    return `${kind} ${format(at(own, 0.95))}`
  })
  const detail = `${answers.length} requests, p50 ${format(at(answers, 0.5))}; p95 by kind: ${each.join(', ')}; ${more}`
  return [
    atMost(`Server: p95 at ${what}`, { bound: 150, unit: 'ms' }, { number: p95, detail }),
    {
      what: `Server: answers of 500 and above at ${what}`,
      target: '0',
      measured: `${faults} (${refused} of 400 and above, ${lost} without an answer)`,
      met: faults + lost === 0,
    },
  ]
}

function at(answers: readonly Answer[], part: number): number {
  const sorted = answers.map(({ ms }) => ms).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN
}

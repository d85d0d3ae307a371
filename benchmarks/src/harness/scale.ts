import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { type Archive, call, openArchive, type Where } from '../search/archive.ts'
import { createLanguage } from '../search/text.ts'
import { atMost, type Figure, format, type Size } from './figure.ts'
import { temporaryFolder } from './workspace.ts'

const VOCABULARY = 20_000
const ofEach = { pagesOfDocument: 1, wordsOfPage: 20, collections: 1 }
const jobs = ['list', 'search', 'create'] as const

/** Where the rows are, as figures name it. */
export interface ScaleOptions {
  readonly database: string
  /** A database of its own each time. */
  readonly openStore: NonNullable<Where['openStore']>
}

/** List, search and create among 100,000 documents against 1,000, through the whole server. The rows are written beside it. */
export async function measureScale({ quick }: Size, { database, openStore }: ScaleOptions): Promise<readonly Figure[]> {
  const [few, many] = quick ? [50, 500] : [1000, 100_000]
  const rounds = quick ? 20 : 200
  const language = createLanguage(VOCABULARY)
  await using stack = new AsyncDisposableStack()
  const archives = new Map<number, Archive>()
  for (const documents of [few, many]) {
    const folder = stack.use(await temporaryFolder())
    archives.set(documents, stack.use(await openArchive({ dataFolder: folder.path, language, openStore }, { documents, ...ofEach })))
  }
  const taken = new Map<string, number[]>()
  for (let round = -5; round < rounds; round++)
    for (const [documents, archive] of archives)
      for (const job of jobs) {
        const ms = await timed(archive, job, { round, word: language.words[100 + (Math.abs(round) % 1000)] ?? '' })
        const key = `${job} ${documents}`
        if (round >= 0) taken.set(key, [...(taken.get(key) ?? []), ms])
      }
  return jobs.map((job) => figure(job, { few, many, taken, database }))
}

/** One call in ms; what is created is a document, with the upload of its file. */
async function timed(
  { server, token }: Archive,
  job: (typeof jobs)[number],
  { round, word }: { round: number; word: string },
): Promise<number> {
  const collection_id = await firstCollection({ server, token })
  const started = performance.now()
  if (job === 'list')
    await call(server, 'documents.list', {
      input: { collection_id, limit: 50, order: round % 2 === 0 ? 'newest' : 'title' },
      token,
      type: 'query',
    })
  if (job === 'search') await call(server, 'search', { input: { text: word, limit: 20 }, token, type: 'query' })
  if (job === 'create') await create({ server, token }, collection_id, round)
  return performance.now() - started
}

const collections = new WeakMap<object, string>()

async function firstCollection({ server, token }: Pick<Archive, 'server' | 'token'>): Promise<string> {
  const known = collections.get(server)
  if (known !== undefined) return known
  const { items } = await call<{ items: readonly { id: string }[] }>(server, 'collections.list', { input: {}, token, type: 'query' })
  const id = items[0]?.id ?? ''
  collections.set(server, id)
  return id
}

async function create({ server, token }: Pick<Archive, 'server' | 'token'>, collection_id: string, round: number): Promise<void> {
  const bytes = tinyPage(round)
  const headers = { Authorization: `Bearer ${token}`, 'Tus-Resumable': '1.0.0' }
  const begin = { method: 'POST', headers: { ...headers, 'Upload-Length': String(bytes.length) } }
  const created = await server.fetch(new Request('http://127.0.0.1/uploads', begin))
  const upload = created.headers.get('Location')?.split('/').at(-1) ?? ''
  const sending = { ...headers, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0' }
  const sent = await server.fetch(new Request(`http://127.0.0.1/uploads/${upload}`, { method: 'PATCH', headers: sending, body: bytes }))
  if (!sent.ok) throw new Error(`upload: ${sent.status} ${await sent.text()}`)
  await call(server, 'documents.create', { input: { collection_id, upload }, token })
}

/** The smallest page, another file each time: its check is short, and what is compared is the rows. */
function tinyPage(round: number): Uint8Array<ArrayBuffer> {
  const seed = createHash('sha256').update(String(round)).digest()
  return new Uint8Array(Buffer.concat([PNG, seed]))
}

/** One grey pixel; bytes behind its end are none of it. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==', 'base64')

function figure(
  job: string,
  { few, many, taken, database }: { few: number; many: number; taken: ReadonlyMap<string, readonly number[]>; database: string },
): Figure {
  const at = (documents: number): number => {
    const times = (taken.get(`${job} ${documents}`) ?? []).toSorted((a, b) => a - b)
    return times[Math.floor(times.length * 0.95)] ?? Number.NaN
  }
  const detail = `${format(at(many))} and ${format(at(few))} ms, 95th of 100 of ${taken.get(`${job} ${few}`)?.length ?? 0} calls in turns`
  return atMost(
    `Server: ${job} among ${many} documents of one collection in ${database} against ${few}`,
    { bound: 3, unit: 'x' },
    { number: at(many) / at(few), detail },
  )
}

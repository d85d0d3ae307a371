import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFileBlobStore, createLayout, type Layout, type MetadataStore, type Stored } from '@imagedoc/core'
import { createServer, createSqliteMetadataStore, type ImageDocServer } from '@imagedoc/server'
import { type Language, wordsOfPage } from './text.ts'

/** Documents that are written at the same time. */
const AT_ONCE = 16

/** How much text there is. */
export interface Size {
  readonly documents: number
  readonly pagesOfDocument: number
  readonly wordsOfPage: number
  readonly collections: number
}

/** A server with a user who owns all of it. */
export interface Archive extends AsyncDisposable {
  readonly server: ImageDocServer
  readonly token: string
  /** How long the server took to index it. */
  readonly indexedMs: number
}

/** Where an archive is kept, and in which words it is written. */
export interface Where {
  readonly dataFolder: string
  readonly language: Language
  /** @default a file of node:sqlite in the folder */
  readonly openStore?: (dataFolder: string) => MetadataStore
}

export const openSqlite = (dataFolder: string): MetadataStore => createSqliteMetadataStore({ path: join(dataFolder, 'imagedoc.sqlite') })

/** Written as the server itself would, by a store of our own beside it; then the server's sweep finds that nothing is indexed. */
export async function openArchive({ dataFolder, language, openStore = openSqlite }: Where, size: Size): Promise<Archive> {
  const settings = { dataFolder, port: 0, logLevel: 'error' } as const
  await using stack = new AsyncDisposableStack()
  const store = stack.use(openStore(dataFolder))
  const open = () => createServer({ environment: {}, settings, drivers: { store } })
  const { token, collections } = await prepared(await open(), size.collections)
  await writeDocuments(store, dataFolder, { language, size, collections })
  const started = performance.now()
  const server = stack.use(await open())
  await indexed(store, size.documents)
  const owned = stack.move()
  return { server, token, indexedMs: performance.now() - started, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function prepared(server: ImageDocServer, count: number): Promise<{ token: string; collections: string[] }> {
  await using _open = server
  const password = 'correct horse battery staple'
  const { token } = await call<{ token: string }>(server, 'auth.register', {
    input: { username: 'ana', email: 'ana@example.org', password, setupToken: server.setupToken },
  })
  const collections: string[] = []
  for (let i = 0; i < count; i++) {
    const { id } = await call<{ id: string }>(server, 'collections.create', { input: { title: `Collection ${i}` }, token })
    collections.push(id)
  }
  return { token, collections }
}

interface Row extends Stored {
  readonly [field: string]: unknown
}

interface Writing {
  readonly language: Language
  readonly size: Size
  readonly collections: readonly string[]
}

async function writeDocuments(store: MetadataStore, dataFolder: string, { language, size, collections }: Writing): Promise<void> {
  await using blobs = createFileBlobStore({ path: join(dataFolder, 'blobs') })
  const [documents, versions] = ['documents', 'versions'].map((name) => store.table<Row>({ name, indexes: {} }))
  const write = async (number: number): Promise<void> => {
    const _id = number.toString(16).padStart(24, '0')
    const common = { revision: 0, created_at: new Date(Date.UTC(2026, 0, 1) + number * 60_000) }
    const original = { mediaType: 'application/pdf', digest: `sha256:${_id.padEnd(64, '0')}`, size: 1 }
    const layouts = await Promise.all(
      Array.from({ length: size.pagesOfDocument }, async (_, page) => {
        const words = wordsOfPage(language, number * size.pagesOfDocument + page, size.wordsOfPage)
        const bytes = new TextEncoder().encode(JSON.stringify(layoutOf(words)))
        const descriptor = await blobs.put('objects', bytes, { mediaType: 'application/json' })
        return { page: `${_id.slice(0, 12)}/${page + 1}`, descriptor, matrix: [0.24, 0, 0, 0, 0.24, 0, 0, 0, 1] }
      }),
    )
    await versions?.insert({ ...versionFields, _id, ...common, document_id: _id, layouts })
    await documents?.insert({
      _id,
      ...common,
      collection_id: collections[number % collections.length],
      title: `Letter ${number} to the governor`,
      file_url: `/documents/${_id}/file`,
      metadata: { author: 'Unknown', date: '1755-11-01', language: 'pt' },
      original,
      pages: size.pagesOfDocument,
      current_version: 1,
      deleted_at: null,
    })
  }
  for (let first = 0; first < size.documents; first += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, size.documents - first) }, (_, index) => write(first + index)))
}

const versionFields = { number: 1, run_id: null, receipt: null, outputs: [] }

/** Ten words a line, as an A4 page at 300 dpi. */
function layoutOf(words: readonly string[]): Layout {
  const lines = Array.from({ length: Math.ceil(words.length / 10) }, (_, row) => {
    const [top, bottom] = [200 + row * 60, 240 + row * 60]
    const placed = words.slice(row * 10, row * 10 + 10).map((text, column) => {
      const left = 200 + column * 200
      return { text, box: [left, top, left + 20 * text.length, bottom] as const, confidence: 0.93 }
    })
    return { box: [200, top, 2280, bottom] as const, words: placed }
  })
  const blocks = [{ kind: 'paragraph' as const, box: [200, 200, 2280, 3300] as const, lines }]
  return createLayout({ width: 2480, height: 3508, density: 300, blocks })
}

async function indexed(store: MetadataStore, documents: number): Promise<void> {
  const marks = store.table<Row>({ name: 'searched_documents', indexes: {} })
  const last = (documents - 1).toString(16).padStart(24, '0')
  while (((await marks.get(last))?.['document_revision'] ?? -1) !== 0) await sleep(200)
  if ((await marks.count('by_age')) !== documents) throw new Error('not every document was indexed')
}

interface Call {
  readonly input: unknown
  readonly token?: string
  /** @default 'mutation' */
  readonly type?: 'query' | 'mutation'
}

/** One call, without a socket. */
export async function call<Output>(server: ImageDocServer, path: string, { input, token, type = 'mutation' }: Call): Promise<Output> {
  const json = JSON.stringify(input)
  const address = `http://127.0.0.1/trpc/${path}${type === 'query' ? `?input=${encodeURIComponent(json)}` : ''}`
  const headers = { 'Content-Type': 'application/json', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) }
  const init = type === 'query' ? { headers } : { method: 'POST', headers, body: json }
  const { result, error } = (await (await server.fetch(new Request(address, init))).json()) as {
    result?: { data: Output }
    error?: unknown
  }
  if (!result) throw new Error(`${path}: ${JSON.stringify(error)}`)
  return result.data
}

import { setTimeout as wait } from 'node:timers/promises'
import { defineConfig, digestOf, type PipelineDefinition } from '@imagedoc/core'
import { renderPage, scannedPdf } from '@imagedoc/fixtures'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import type { Caller } from '../../src/access/caller.ts'
import type { Collection } from '../../src/records/collection.ts'
import type { Document } from '../../src/records/document.ts'
import type { Run } from '../../src/records/run.ts'
import { isEnded } from '../../src/runs/claim.ts'
import { createRunService, type RunService } from '../../src/runs/run-service.ts'
import type { Services } from '../../src/services.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import poison from '../support/poison-plugin.ts'
import reading from '../support/reading-plugin.ts'
import { addUser, openTestServer, type TestServer } from '../support/test-server.ts'

type ServerOptions = Parameters<typeof openTestServer>[0]

/** A server that does runs, with a user, her collection and a PDF of small pages. */
export interface Archive extends AsyncDisposable {
  readonly server: TestServer
  readonly services: Services
  readonly service: RunService
  readonly ana: Caller
  readonly collection: Collection
  readonly document: Document
}

export async function openArchive(options: ServerOptions & { pages?: number } = {}): Promise<Archive> {
  const server = await openTestServer({ runs: true, config: defineConfig({ plugins: [image(), pdf(), reading(), poison()] }), ...options })
  const { services } = server
  const ana = await addCaller(services)
  const collection = await addCollection(services, { user_id: ana.userId })
  const document = await addPdf(services, collection, { pages: options.pages ?? 3 })
  return {
    server,
    services,
    service: createRunService(services),
    ana,
    collection,
    document,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export async function addCaller(services: Services): Promise<Caller> {
  const { id, username } = await addUser(services)
  const token = { tokenId: 'token', tokenKind: 'session', signal: new AbortController().signal } as const
  return { userId: id, username, role: 'user', accessEpoch: 0, ...token }
}

const files = new Map<string, Promise<Uint8Array>>()

/** A scan of small pages; the same for the same number and seed. */
export function scan({ pages, seed = 0 }: { pages: number; seed?: number }): Promise<Uint8Array> {
  const key = `${pages} ${seed}`
  const made =
    files.get(key) ??
    Promise.all(Array.from({ length: pages }, (_, index) => renderPage({ seed: seed + index, layout: 'letter', dpi: 60 }))).then(scannedPdf)
  files.set(key, made)
  return made
}

export async function addPdf(
  services: Services,
  collection: Collection,
  { pages, seed }: { pages: number; seed?: number },
): Promise<Document> {
  const bytes = await scan({ pages, ...(seed === undefined ? {} : { seed }) })
  const original = { mediaType: 'application/pdf', digest: digestOf(bytes), size: bytes.length }
  await services.blobs.put('objects', bytes, { mediaType: original.mediaType })
  return addDocument(services, { collection_id: collection._id, original, pages })
}

/** Grey pages, and one PDF of them with the words that were read. */
export const greyPdf: PipelineDefinition = {
  version: 1,
  steps: [
    { use: 'document.pages', with: { dpi: 60 } },
    { id: 'grey', use: 'image.grayscale' },
    { id: 'words', use: 'test.read' },
    { id: 'pdf', use: 'pdf.searchable', from: { pages: 'grey', layout: 'words' } },
  ],
  outputs: { 'page.png': 'grey', 'pages.pdf': 'pdf' },
}

/** Waits until a run has ended. */
export async function ended({ tables }: Pick<Services, 'tables'>, { _id }: Pick<Run, '_id'>): Promise<Run> {
  for (;;) {
    const run = await tables.runs.get(_id)
    if (!run) throw new Error('The run is gone.')
    if (isEnded(run.state)) return run
    await wait(10)
  }
}

export async function startOver(archive: Archive, pipeline: PipelineDefinition, document = archive.document): Promise<Run> {
  const started = await archive.service.start(archive.ana, {
    target: { document_id: document._id },
    pipeline: { definition: pipeline },
    inputs: {},
  })
  if (started.type !== 'run') throw new Error('A batch was started.')
  return started.run
}

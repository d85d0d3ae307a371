import { setTimeout as wait } from 'node:timers/promises'
import type { Random } from '@imagedoc/fixtures'
import type { Run } from '../../src/records/run.ts'
import { Refusal, type Remote } from './remote.ts'

/** What the server has accepted: what it answered to, and nothing else. */
export interface Accepted {
  /** By document, the bytes that were sent. */
  readonly documents: Map<string, Uint8Array>
  /** By user, the documents that are hers. */
  readonly own: Map<string, string[]>
  /** How often the server said no, by its code. */
  readonly refusals: Map<string, number>
  /** Uploads that no document was made of. */
  readonly uploads: Map<string, Uint8Array>
  readonly runs: Set<string>
  readonly batches: Set<string>
  /** By run: every end that was told of it. */
  readonly ends: Map<string, Set<Run['state']>>
  /** Documents whose purge was asked for, with all that was made of them. */
  readonly purged: Set<string>
  /** By run of one document. */
  readonly documentOf: Map<string, string>
}

export function nothingAccepted(): Accepted {
  return {
    documents: new Map(),
    own: new Map(),
    refusals: new Map(),
    uploads: new Map(),
    runs: new Set(),
    batches: new Set(),
    ends: new Map(),
    purged: new Set(),
    documentOf: new Map(),
  }
}

export interface RunSeen {
  readonly id: string
  readonly state: Run['state']
  readonly document_id: string | null
  readonly gather: boolean
}

/** Notes a run that was told of; an end that was told must stay. */
export function seen({ runs, ends, documentOf }: Accepted, { id, state, document_id, gather }: RunSeen): void {
  runs.add(id)
  if (document_id !== null && !gather) documentOf.set(id, document_id)
  if (state !== 'queued' && state !== 'running') ends.set(id, (ends.get(id) ?? new Set()).add(state))
}

/** Notes a document that was told of. */
export function seenDocument({ documents, own }: Accepted, { id, bytes, user }: { id: string; bytes: Uint8Array; user: string }): void {
  documents.set(id, bytes)
  own.set(user, [...(own.get(user) ?? []), id])
}

interface AtWork {
  readonly user: string
  readonly remote: Remote
  readonly random: Random
  readonly files: readonly Uint8Array[]
  /** Hers; documents of the second one are purged now and then. */
  readonly collections: readonly [string, string]
  readonly accepted: Accepted
}

/** Runs of hers that may wait: so that the end of the test comes. */
const WAITING = 6

/** Uploads, starts, cancels, repeats and purges, one after the other, until she is told to stop. */
export async function workOn(at: AtWork, stop: AbortSignal): Promise<void> {
  const { random } = at
  while (!stop.aborted) {
    const deed = random.pick([addDocument, startRun, startRun, startRun, startBatch, gather, cancelSome, retrySome, purgeSome, uploadOnly])
    await deed(at).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error
      at.accepted.refusals.set(error.message, (at.accepted.refusals.get(error.message) ?? 0) + 1)
    })
    await wait(random.whole(20, 120))
  }
}

const keyOf = (random: Random): string => `key-${random.whole(1, 2 ** 31)}-${random.whole(1, 2 ** 31)}`
const pick = (random: Random, ids: Iterable<string>): string | undefined => {
  const all = [...ids]
  return all.length > 0 ? random.pick(all) : undefined
}

async function addDocument({ user, remote, random, files, collections, accepted }: AtWork): Promise<void> {
  const bytes = random.pick(files)
  const collection_id = random.chance(0.7) ? collections[0] : collections[1]
  const upload = await remote.upload(bytes)
  const { id } = await remote.mutate<{ id: string }>('documents.create', {
    collection_id,
    upload,
    metadata: {},
    idempotencyKey: keyOf(random),
  })
  seenDocument(accepted, { id, bytes, user })
}

async function uploadOnly({ remote, random, files, accepted }: AtWork): Promise<void> {
  const bytes = random.pick(files)
  accepted.uploads.set(await remote.upload(bytes), bytes)
}

/** Pipelines that differ each time: else the cache would do the work. Some fail, some leave pages out. */
function definition(random: Random, { single = false } = {}): object {
  const steps = [
    { use: 'document.pages', with: { dpi: random.whole(40, 80) } },
    ...(random.chance(0.15) ? [{ use: 'image.crop', with: { left: 0, top: 0, width: 9000, height: 5 } }] : []),
    { id: 'turned', use: 'image.rotate', with: { angle: random.whole(1, 359) } },
    { id: 'words', use: 'test.read', with: { words: [keyOf(random)] } },
    { id: 'pdf', use: 'pdf.searchable', from: { pages: 'turned', layout: 'words' } },
  ]
  return { version: 1, steps, outputs: single ? { 'pages.pdf': 'pdf' } : { 'page.png': 'turned', 'pages.pdf': 'pdf' } }
}

async function startRun(at: AtWork): Promise<void> {
  const { remote, random, accepted, user } = at
  const document_id = pick(random, accepted.own.get(user) ?? [])
  if (!document_id || (await hasEnough(at))) return
  const input = { target: { document_id }, pipeline: { definition: definition(random) }, idempotencyKey: keyOf(random) }
  seen(accepted, (await remote.mutate<{ run: RunSeen }>('runs.start', input)).run)
}

async function startBatch(at: AtWork): Promise<void> {
  const { remote, random, collections, accepted } = at
  if (random.chance(0.6) || (await hasEnough(at))) return
  const input = { target: { collection_id: collections[0] }, pipeline: { definition: definition(random) }, idempotencyKey: keyOf(random) }
  accepted.batches.add((await remote.mutate<{ batch: { id: string } }>('runs.start', input)).batch.id)
}

async function gather(at: AtWork): Promise<void> {
  const { remote, random, collections, accepted } = at
  if (random.chance(0.5) || (await hasEnough(at))) return
  const pipeline = { definition: definition(random, { single: true }) }
  const input = { target: { collection_id: collections[1], gather: true }, pipeline, idempotencyKey: keyOf(random) }
  seen(accepted, (await remote.mutate<{ run: RunSeen }>('runs.start', input)).run)
}

async function hasEnough({ remote }: AtWork): Promise<boolean> {
  const { items } = await remote.query<{ items: unknown[] }>('runs.list', { state: 'queued', limit: WAITING })
  return items.length >= WAITING
}

async function cancelSome({ remote, random, accepted }: AtWork): Promise<void> {
  const batch = random.chance(0.1) ? pick(random, accepted.batches) : undefined
  if (batch) return void (await remote.mutate('runs.batches.cancel', { id: batch }))
  const { items } = await remote.query<{ items: RunSeen[] }>('runs.list', { state: random.pick(['queued', 'running']), limit: 5 })
  if (items.length > 0) seen(accepted, await remote.mutate<RunSeen>('runs.cancel', { id: random.pick(items).id }))
}

async function retrySome(at: AtWork): Promise<void> {
  const { remote, random, accepted } = at
  const id = pick(random, accepted.ends.keys())
  if (id && !(await hasEnough(at))) seen(accepted, await remote.mutate<RunSeen>('runs.retry', { id, idempotencyKey: keyOf(random) }))
}

async function purgeSome({ remote, random, collections, accepted }: AtWork): Promise<void> {
  if (random.chance(0.5)) return
  const { items } = await remote.query<{ items: { id: string }[] }>('documents.list', { collection_id: collections[1], limit: 20 })
  if (items.length === 0) return
  const { id } = random.pick(items)
  accepted.purged.add(id)
  await remote.mutate('documents.delete', { id })
  await remote.mutate('documents.purge', { id })
}

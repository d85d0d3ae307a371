import {
  type Digest,
  digestOf,
  formatPageId,
  ImageDocError,
  type Output,
  type OutputEntry,
  type Receipt,
  type RunResult,
} from '@imagedoc/core'
import { listsChanged } from '../documents/written.ts'
import { openStored } from '../files/open-stored.ts'
import { changeRow } from '../records/change-row.ts'
import type { Document, Version } from '../records/document.ts'
import { isTaken } from '../records/insert-once.ts'
import type { Run } from '../records/run.ts'
import { isPurging } from '../records/trash.ts'
import type { Services } from '../services.ts'
import { assertOurs, isEnded } from './claim.ts'
import { holdPage } from './held-pages.ts'

export type Needs = Pick<Services, 'blobs' | 'lock' | 'now' | 'queryCache' | 'search' | 'tables'>

const ATTEMPTS = 100
/** Of one version: its row names them all, and is read and listed as a whole. */
const FILES = 20_000

/** What a version names, and the run already holds. */
export type Made = Pick<Version, 'receipt' | 'outputs' | 'layouts'>

/** Holds every artifact of a result for the run, so that a version may name them. @throws INVALID_PIPELINE for more than a version may have */
export async function holdResult(services: Needs, run: Run, result: RunResult): Promise<Made> {
  assertFewFiles(result)
  const outputs: Version['outputs'][number][] = []
  for (const [name, output] of Object.entries(result.outputs))
    for (const [index, entry] of output.entries().entries()) {
      const descriptor = await holdEntry(services, run, { segment: `output ${name} ${entry.artifact?.descriptor?.digest ?? ''}`, entry })
      if (descriptor) outputs.push({ name, kind: output.kind, descriptor, ...(output.sequence ? { page: String(index + 1) } : {}) })
    }
  const layouts = await holdLayouts(services, run, Object.values(result.kept))
  return { outputs, layouts, receipt: await holdReceipt(services, run, result.receipt) }
}

function assertFewFiles({ outputs }: RunResult): void {
  const files = Object.values(outputs).reduce((sum, output) => sum + output.entries().length, 0)
  if (files <= FILES) return
  const message = `The run made ${files} files, and a version has ${FILES} at most. Name fewer outputs, or one that takes all pages, such as a PDF.`
  throw new ImageDocError('INVALID_PIPELINE', message, { path: 'outputs' })
}

/** Of each page what the first step that recognised it gave. */
async function holdLayouts(services: Needs, run: Run, kept: readonly Output[]): Promise<Version['layouts']> {
  const layouts = new Map<string, Version['layouts'][number]>()
  for (const entry of kept.flatMap((output) => output.entries())) {
    const page = formatPageId(entry.page)
    if (layouts.has(page)) continue
    const descriptor = await holdEntry(services, run, { segment: 'layout', entry })
    if (descriptor && entry.artifact) layouts.set(page, { page, descriptor, matrix: entry.artifact.origin.matrix })
  }
  return [...layouts.values()]
}

async function holdEntry(
  services: Needs,
  run: Run,
  { segment, entry: { artifact, page } }: { segment: string; entry: OutputEntry },
): Promise<Version['outputs'][number]['descriptor'] | undefined> {
  if (!artifact?.descriptor) return undefined
  const { kind, meta, descriptor } = artifact
  const done = { kind, meta, matrix: null, descriptor, properties: {} }
  const row = { page: formatPageId(page), segment, outcome: { done, exact: true }, steps: [], diagnostics: [] }
  await holdPage(services, run, { page: row, read: () => artifact.bytes() })
  return descriptor
}

async function holdReceipt(services: Needs, run: Run, receipt: Receipt): Promise<Version['receipt']> {
  const bytes = new TextEncoder().encode(JSON.stringify(receipt))
  const descriptor = { mediaType: 'application/json', digest: digestOf(bytes), size: bytes.length }
  const done = { kind: 'data', meta: null, matrix: null, descriptor, properties: {} }
  const row = { page: '', segment: 'receipt', outcome: { done, exact: true }, steps: [], diagnostics: [] }
  await holdPage(services, run, { page: row, read: async () => bytes })
  return descriptor.digest
}

/** @throws STORE_FAILED */
export async function readReceipt({ blobs }: Pick<Needs, 'blobs'>, digest: Digest): Promise<Receipt> {
  const chunks = await Array.fromAsync(await openStored(blobs, digest, {}))
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Receipt
}

/**
 * Makes the document's next version of what a run made, and shows it. Done again after a crash, it finds the version that is there: its id is the
 * run's. @throws NOT_FOUND when the document is gone, or goes just now; then there is no version either. CANCELLED when another process has the run:
 * then the version is that one's to show, if it ends with one
 */
export async function publishVersion(services: Needs, run: Run & { document_id: string }, made: Made): Promise<Version> {
  const { tables } = services
  const version = await insertVersion(services, run, made)
  await assertOurs(services, run).catch(async (error: unknown) => {
    await removeUnpublished(services, run._id)
    throw error
  })
  const shown = await changeRow(tables.documents, run.document_id, (document) =>
    // Never back to an older one: the run of another version may have ended while this one's process was lost.
    isPurging(document) ? undefined : { current_version: Math.max(document.current_version, version.number) },
  )
  if (shown) {
    await documentShown(services, shown)
    return version
  }
  // Its purge may have listed the versions before this one came.
  await tables.versions.delete(version._id)
  throw new ImageDocError('NOT_FOUND', 'The document was removed while the run worked on it.')
}

/**
 * Removes the version of a run that is gone or has ended without one: a process that stood still, while another took its run over and ended it, may have
 * written it. Nobody was shown it, and its blobs may be gone.
 */
export async function removeUnpublished({ tables }: Pick<Needs, 'tables'>, runId: Run['_id']): Promise<void> {
  const version = await tables.versions.get(runId)
  if (!version) return
  const run = await tables.runs.get(runId)
  const document = await tables.documents.get(version.document_id)
  const isOfNobody = run ? isEnded(run.state) && run.result_version === null : !document || isPurging(document)
  if (isOfNobody) await tables.versions.delete(runId)
}

/** After a new version is the current one. */
export async function documentShown(services: Pick<Needs, 'queryCache' | 'search' | 'tables'>, document: Document): Promise<void> {
  await listsChanged(services, [document.collection_id])
  await services.search.documentChanged(document._id)
}

async function insertVersion({ now, tables }: Needs, run: Run & { document_id: string }, made: Made): Promise<Version> {
  const { document_id, _id } = run
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const newest = await tables.versions.list({ index: 'by_document', equals: [document_id], order: 'descending', limit: 1 })
    const number = (newest.rows[0]?.number ?? 0) + 1
    const row: Version = { _id, revision: 0, created_at: now(), document_id, number, run_id: _id, ...made }
    try {
      await tables.versions.insert(row)
      return row
    } catch (error) {
      const there = isTaken(error, '_id') ? await tables.versions.get(_id) : undefined
      if (there) return there
      if (!isTaken(error, 'by_document')) throw error
    }
  }
  throw new ImageDocError('STORE_UNAVAILABLE', 'Too many runs end on this document at once. Try again.')
}

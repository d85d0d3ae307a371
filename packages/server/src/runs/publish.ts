import { ImageDocError } from '@imagedoc/core'
import { findTextVersion, hasText } from '../documents/text-version.ts'
import { bytesOf, versionBytes } from '../documents/version-bytes.ts'
import { listsChanged } from '../documents/written.ts'
import { changeRow } from '../records/change-row.ts'
import type { Document, Version } from '../records/document.ts'
import { isTaken } from '../records/insert-once.ts'
import type { Run } from '../records/run.ts'
import { isPurging } from '../records/trash.ts'
import type { Services } from '../services.ts'
import { takeTurn } from '../turns/take-turn.ts'
import { assertOurs, isEnded } from './claim.ts'
import type { Made } from './hold-result.ts'
import { isSameResult } from './same-result.ts'

export type Needs = Pick<Services, 'blobs' | 'lock' | 'now' | 'queryCache' | 'search' | 'tables' | 'usage'>
type DocumentRun = Run & { readonly document_id: string }

const ATTEMPTS = 100
const BUSY = 'Too many runs end on this document at once. Try again.'

/**
 * Makes the document's next version of what a run made, and shows it. Where it is what the current version holds already there is no new one, and
 * that one is given. Done again after a crash, it finds the version that is there: its id is the run's.
 * @throws NOT_FOUND when the document is gone, or goes just now; then there is no version either. QUOTA_EXCEEDED of the collection's owner. CANCELLED
 * when another process has the run: then the version is that one's to show, if it ends with one
 */
export async function publishVersion(services: Needs, run: DocumentRun, made: Made): Promise<Version> {
  const { version, shown } = await publishAlone(services, run, made)
  if (shown) await documentShown(services, shown)
  return version
}

interface Published {
  readonly version: Version
  /** The document, when this version is a new one. */
  readonly shown?: Document
}

/** One after the other for a document: of two that made the same, the second finds the first one's. */
async function publishAlone(services: Needs, run: DocumentRun, made: Made): Promise<Published> {
  await using _turn = await takeTurn(services.lock, `publish:${run.document_id}`, BUSY)
  const there = await services.tables.versions.get(run._id)
  // Whoever inserted it has paid for it.
  if (there) return showOurs(services, run, { version: there, giveBack: async () => {} })
  const same = await sameAsShown(services, run, made)
  if (same) return { version: same }
  const owner = await ownerOf(services, run)
  const paid = { bytes: bytesOf(made), documents: 0 }
  const giveBack = (): Promise<void> => services.usage.release(owner, paid)
  await services.usage.reserve(owner, paid)
  const version = await insertVersion(services, run, made).catch(async (error: unknown): Promise<never> => {
    await giveBack()
    throw error
  })
  const published = await showOurs(services, run, { version, giveBack })
  const payer = await ownerOf(services, run)
  // The document was moved to another owner meanwhile.
  if (payer !== owner) await services.usage.handOver(owner, payer, paid)
  return published
}

/** @throws CANCELLED, NOT_FOUND, after what was paid is given back where nothing stays */
async function showOurs(
  services: Needs,
  run: DocumentRun,
  { version, giveBack }: { version: Version; giveBack: () => Promise<void> },
): Promise<Published> {
  await assertOurs(services, run).catch(async (error: unknown) => {
    if (await removeUnpublished(services, run._id)) await giveBack()
    throw error
  })
  const shown = await show(services, version)
  if (shown) return { version, shown }
  // Its purge may have listed the versions before this one came.
  if (await services.tables.versions.delete(version._id)) await giveBack()
  throw new ImageDocError('NOT_FOUND', 'The document was removed while the run worked on it.')
}

/** The current version, when a run made what that one holds. The original is no version. */
async function sameAsShown({ tables }: Needs, { document_id }: DocumentRun, made: Made): Promise<Version | undefined> {
  const number = (await tables.documents.get(document_id))?.current_version ?? 0
  if (number === 0) return undefined
  const { rows } = await tables.versions.list({ index: 'by_document', equals: [document_id, number], limit: 1 })
  return rows[0] && isSameResult(made, rows[0]) ? rows[0] : undefined
}

async function ownerOf({ tables }: Needs, { document_id, collection_id }: DocumentRun): Promise<string> {
  const document = await tables.documents.get(document_id)
  return (await tables.collections.get(document?.collection_id ?? collection_id))?.user_id ?? ''
}

/** Undefined when the document goes just now. */
function show({ tables }: Needs, { document_id, number, ...version }: Version): Promise<Document | undefined> {
  return changeRow(tables.documents, document_id, async (document) => {
    if (isPurging(document)) return undefined
    // Never back to an older one: the run of another version may have ended while this one's process was lost.
    const current_version = Math.max(document.current_version, number)
    const isText = current_version === number && hasText(version)
    const text = isText ? number : ((await findTextVersion({ tables }, { document_id, upTo: current_version }))?.number ?? null)
    const version_bytes = await versionBytes(tables, document_id)
    return { current_version, text: { shown: current_version, version: text }, version_bytes }
  })
}

/**
 * Removes the version of a run that is gone or has ended without one: a process that stood still, while another took its run over and ended it, may have
 * written it. Nobody was shown it, and its blobs may be gone. True when there was one to remove.
 */
export async function removeUnpublished({ tables }: Pick<Needs, 'tables'>, runId: Run['_id']): Promise<boolean> {
  const version = await tables.versions.get(runId)
  if (!version) return false
  const run = await tables.runs.get(runId)
  const document = await tables.documents.get(version.document_id)
  const isOfNobody = run ? isEnded(run.state) && run.result_version === null : !document || isPurging(document)
  return isOfNobody && tables.versions.delete(runId)
}

/** After a new version is the current one. */
export async function documentShown(services: Pick<Needs, 'queryCache' | 'search' | 'tables'>, document: Document): Promise<void> {
  await listsChanged(services, [document.collection_id])
  await services.search.documentChanged(document._id)
}

async function insertVersion({ now, tables }: Needs, { document_id, _id }: DocumentRun, made: Made): Promise<Version> {
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
  throw new ImageDocError('STORE_UNAVAILABLE', BUSY)
}

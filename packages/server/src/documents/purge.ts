import type { Digest } from '@imagedoc/core'
import type { Collection } from '../records/collection.ts'
import type { Document, Version } from '../records/document.ts'
import { everyRow } from '../records/every-row.ts'
import type { Run } from '../records/run.ts'
import { isPurging, PURGING } from '../records/trash.ts'
import { dropPages } from '../runs/held-pages.ts'
import { CANCEL_TOPIC } from '../runs/run-cancels.ts'
import type { Services } from '../services.ts'
import { dropBlob } from './held-blobs.ts'
import { heldBy } from './held-by.ts'
import { isReferenced } from './references.ts'

export type Purge = Pick<Services, 'blobs' | 'cache' | 'events' | 'lock' | 'now' | 'search' | 'tables' | 'usage'>

/**
 * Removes a document for good; false, and nothing is removed, when it was changed since the caller read it: restored, for example.
 * From the first write on nobody finds it, and the row goes last but one: when it is interrupted, the sweep goes on where it stopped.
 * Blobs that another document holds stay; those that somebody is about to hold are the sweep's to judge.
 */
export async function purgeDocument(services: Purge, document: Document, collection: Pick<Collection, 'user_id'>): Promise<boolean> {
  const { tables, usage, cache } = services
  if (!isPurging(document) && !(await tables.documents.replaceIf({ ...document, deleted_at: PURGING }))) return false
  await removeRuns(services, document)
  const blobs = new Set<Digest>([document.original.digest])
  for await (const version of everyRow(tables.versions, { index: 'by_document', equals: [document._id] })) {
    for (const digest of blobsOf(version)) blobs.add(digest)
    await tables.versions.delete(version._id)
  }
  if (!(await tables.documents.delete(document._id))) return true
  await usage.release(collection.user_id, heldBy(document))
  await services.search.documentChanged(document._id)
  for (const digest of blobs) await dropBlob(services, digest)
  if (!(await isReferenced(tables, document.original.digest))) await cache.forget(document.original.digest)
  return true
}

/** What was to be made of it: whoever does such a run finds its row gone, and stops. */
async function removeRuns(services: Purge, { _id }: Document): Promise<void> {
  for await (const run of everyRow(services.tables.runs, { index: 'by_document', equals: [_id] })) await removeRun(services, run)
}

async function removeRun(services: Purge, { _id }: Pick<Run, '_id'>): Promise<void> {
  await services.tables.runs.delete(_id)
  await services.events.publish(CANCEL_TOPIC, { id: _id })
  await dropPages(services, _id)
}

/** What was to be made in a collection that goes: its batches, and gathered runs that have made no document. */
export async function removeRunsOfCollection(services: Purge, { _id }: Pick<Collection, '_id'>): Promise<void> {
  const { batches, runs } = services.tables
  for await (const batch of everyRow(batches, { index: 'by_collection', equals: [_id] })) await batches.delete(batch._id)
  for await (const run of everyRow(runs, { index: 'by_collection', equals: [_id] }))
    if (run.document_id === null) await removeRun(services, run)
}

function blobsOf({ outputs, layouts, receipt }: Version): Digest[] {
  const held = [...outputs, ...layouts].map(({ descriptor }) => descriptor.digest)
  return receipt === null ? held : [...held, receipt]
}

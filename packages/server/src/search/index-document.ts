import { setImmediate as turn } from 'node:timers/promises'
import { ImageDocError, type Table } from '@imagedoc/core'
import { textVersionOf } from '../documents/text-version.ts'
import type { Document, Version } from '../records/document.ts'
import { everyRow } from '../records/every-row.ts'
import type { Id } from '../records/id.ts'
import type { SearchedDocument, SearchRow } from '../records/search.ts'
import type { Services } from '../services.ts'
import { belonging, pageRows, titleRow } from './search-rows.ts'

type Needs = Pick<Services, 'tables' | 'blobs' | 'now'>

/** Whether the index is where the document is: at its revision, or empty when it is in the trash or gone. */
export async function isIndexed({ tables }: Pick<Needs, 'tables'>, id: Id): Promise<boolean> {
  const document = await tables.documents.get(id)
  const mark = await tables.searchedDocuments.get(id)
  return isUpToDate(document, mark)
}

export function isUpToDate(document: Document | undefined, mark: SearchedDocument | undefined): boolean {
  return document && !document.deleted_at ? mark?.document_revision === document.revision : !mark
}

/**
 * Brings a document's rows to what it is now; doing it again changes nothing. Only one may do it at a time for one document. When it is
 * interrupted, the mark says so, and it is done anew.
 */
export async function indexDocument(services: Needs, id: Id, signal: AbortSignal): Promise<void> {
  const { tables } = services
  const document = await tables.documents.get(id)
  const before = await tables.searchedDocuments.get(id)
  if (isUpToDate(document, before)) return
  if (!document || document.deleted_at) return removeDocument(services, id)
  const { collection_id, revision } = document
  // 0: nothing was read.
  const version = (await textVersionOf({ tables }, document)) ?? 0
  const arePagesThere = before?.collection_id === collection_id && before.version === version
  const made = arePagesThere ? { collection_id, version } : { collection_id: null, version: null }
  await mark(services, id, { document_revision: -1, ...made })
  await putRow(tables.searchRows, titleRow(document))
  if (!arePagesThere) {
    if (before?.version === version) await moveRows(services, document, signal)
    else await writePages(services, { document, number: version }, signal)
  }
  await mark(services, id, { document_revision: revision, collection_id, version })
}

/** The same pages in another collection: no layout is read. */
async function moveRows({ tables }: Needs, document: Document, signal: AbortSignal): Promise<void> {
  for await (const row of everyRow(tables.searchRows, { index: 'by_document', equals: [document._id], range: { from: 1 } })) {
    signal.throwIfAborted()
    await putRow(tables.searchRows, { ...row, ...belonging(document, row.part) })
    await turn()
  }
}

async function writePages(
  { tables, blobs }: Needs,
  { document, number }: { document: Document; number: number },
  signal: AbortSignal,
): Promise<void> {
  const version = await versionOf({ tables }, document, number)
  let parts = 0
  if (version)
    for await (const row of pageRows(document, version, blobs)) {
      signal.throwIfAborted()
      await putRow(tables.searchRows, row)
      parts = row.part
      // The embedded database blocks the process: others have their turn between two rows.
      await turn()
    }
  await removeRows({ tables }, document._id, parts + 1)
}

async function versionOf({ tables }: Pick<Needs, 'tables'>, { _id }: Document, number: number): Promise<Version | undefined> {
  return number === 0 ? undefined : (await tables.versions.list({ index: 'by_document', equals: [_id, number], limit: 1 })).rows[0]
}

async function removeDocument({ tables }: Needs, id: Id): Promise<void> {
  await removeRows({ tables }, id, 0)
  await tables.searchedDocuments.delete(id)
}

async function removeRows({ tables }: Pick<Needs, 'tables'>, id: Id, fromPart: number): Promise<void> {
  for await (const { _id } of everyRow(tables.searchRows, { index: 'by_document', equals: [id], range: { from: fromPart } })) {
    await tables.searchRows.delete(_id)
    await turn()
  }
}

async function mark({ tables, now }: Needs, id: Id, state: Omit<SearchedDocument, '_id' | 'revision' | 'created_at'>): Promise<void> {
  await putRow(tables.searchedDocuments, { _id: id, revision: 0, created_at: now(), ...state })
}

/** @throws STORE_UNAVAILABLE when another writes the same row, who has lost the lock or whose lock we have: the sweep makes it right */
async function putRow<Row extends SearchRow | SearchedDocument>(table: Table<Row>, row: Row): Promise<void> {
  const there = await table.get(row._id)
  if (!there) return table.insert(row)
  if (await table.replaceIf({ ...row, revision: there.revision, created_at: there.created_at })) return
  throw new ImageDocError('STORE_UNAVAILABLE', 'Two processes index the same document.')
}

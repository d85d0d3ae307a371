import { textWhen } from '../documents/text-version.ts'
import { versionBytes } from '../documents/version-bytes.ts'
import { givePipelinesBack } from '../pipelines/pipeline-access.ts'
import { type Change, changeRow } from '../records/change-row.ts'
import type { Document, Version } from '../records/document.ts'
import { everyRow } from '../records/every-row.ts'
import type { Run } from '../records/run.ts'
import type { Tables } from '../records/tables.ts'
import { isPurging } from '../records/trash.ts'
import { isEnded } from '../runs/claim.ts'
import { notBegun } from '../runs/new-run.ts'
import { removeUnpublished } from '../runs/publish.ts'

/** What was left out, because what it belongs to was deleted while the backup was made. */
export interface LeftOut {
  collections: number
  documents: number
  versions: number
  runs: number
  batches: number
  /** Runs of which the version is not there: they are done again. */
  repeated: number
}

interface Settling {
  readonly tables: Tables
  readonly leftOut: LeftOut
}

/**
 * Makes rows that were copied at different moments fit together: what refers to something that is not there goes, or no longer refers to it. Doing it again
 * changes nothing. Rows of one moment are changed in nothing.
 */
export async function settle(tables: Tables): Promise<LeftOut> {
  const settling = { tables, leftOut: { collections: 0, documents: 0, versions: 0, runs: 0, batches: 0, repeated: 0 } }
  // In this order: each step goes by what those before it have left.
  await settleCollections(settling)
  await settleDocuments(settling)
  await settleBatches(settling)
  await settleRuns(settling)
  await settleVersions(settling)
  await settlePipelines(settling)
  await countVersions(settling)
  return settling.leftOut
}

async function settleCollections({ tables, leftOut }: Settling): Promise<void> {
  for await (const collection of everyRow(tables.collections, { index: 'by_age' })) {
    if (!isPurging(collection)) continue
    await givePipelinesBack({ tables }, collection)
    if (await tables.collections.delete(collection._id)) leftOut.collections++
  }
}

async function settleDocuments({ tables, leftOut }: Settling): Promise<void> {
  for await (const document of everyRow(tables.documents, { index: 'by_original' })) {
    if (!isPurging(document) && (await tables.collections.get(document.collection_id))) continue
    if (await tables.documents.delete(document._id)) leftOut.documents++
  }
}

async function settleBatches({ tables, leftOut }: Settling): Promise<void> {
  for await (const { _id, collection_id } of everyRow(tables.batches, { index: 'by_user' })) {
    if (!(await tables.collections.get(collection_id)) && (await tables.batches.delete(_id))) leftOut.batches++
  }
}

async function settleRuns({ tables, leftOut }: Settling): Promise<void> {
  for await (const run of everyRow(tables.runs, { index: 'by_user' })) {
    const place = run.document_id === null ? tables.collections.get(run.collection_id) : tables.documents.get(run.document_id)
    if (!(await place)) {
      if (await tables.runs.delete(run._id)) leftOut.runs++
      continue
    }
    if (run.batch_id !== null && !(await tables.batches.get(run.batch_id)))
      await changeRow(tables.runs, run._id, () => ({ batch_id: null }))
    if (!isEnded(run.state) || (await hasResult(tables, run))) continue
    await changeRow(tables.runs, run._id, doneAgain)
    leftOut.repeated++
  }
}

async function hasResult({ versions }: Tables, { document_id, result_version }: Run): Promise<boolean> {
  return result_version === null || (await versions.count('by_document', [document_id, result_version])) > 0
}

/** A run as it was before it began. One that gathers finds the document that it has made by its id. */
function doneAgain({ gather, document_id, webhook }: Run): Change<Run> {
  return { ...notBegun(webhook?.url ?? null), document_id: gather ? null : document_id }
}

async function settleVersions({ tables, leftOut }: Settling): Promise<void> {
  for await (const { _id, document_id } of everyRow(tables.versions, { index: 'by_document' }, 20)) {
    const isStray = !(await tables.documents.get(document_id))
    if (isStray ? await tables.versions.delete(_id) : await removeUnpublished({ tables }, _id)) leftOut.versions++
  }
}

async function settlePipelines({ tables }: Settling): Promise<void> {
  for await (const { _id, pipeline_id } of everyRow(tables.pipelineVersions, { index: 'by_pipeline' }))
    if (!(await tables.pipelines.get(pipeline_id))) await tables.pipelineVersions.delete(_id)
  for await (const { _id, collection_id } of everyRow(tables.pipelines, { index: 'by_age' }))
    if (collection_id !== null && !(await tables.collections.get(collection_id)))
      await changeRow(tables.pipelines, _id, () => ({ collection_id: null }))
}

/** What a document says of its versions, by those that are there: it shows the one that it did, else the newest before that, else its original. */
async function countVersions({ tables }: Settling): Promise<void> {
  for await (const { _id, current_version, text, version_bytes } of everyRow(tables.documents, { index: 'by_original' })) {
    const shown = current_version === 0 ? 0 : ((await newestOf(tables, _id, { below: current_version + 1 }))?.number ?? 0)
    const read = text && (await textWhen({ tables }, _id, shown))
    // Rows of servers that did not count are counted by the sweep, with all that these servers did not know.
    // One that a run has made and not shown yet counts: whoever goes on with the run takes it as paid for.
    const isCounted = version_bytes !== undefined || (await newestOf(tables, _id))?.bytes !== undefined
    const bytes = isCounted ? await versionBytes(tables, _id) : undefined
    if (shown === current_version && bytes === version_bytes && isSameText(text, read)) continue
    const change = { current_version: shown, ...(read && { text: read }), ...(bytes !== undefined && { version_bytes: bytes }) }
    await changeRow(tables.documents, _id, () => change)
  }
}

/** A text that was of another version than the one that is shown is looked for anew by whoever needs it. */
function isSameText(text: Document['text'], read: Document['text']): boolean {
  return text?.shown !== read?.shown || text?.version === read?.version
}

async function newestOf({ versions }: Tables, document_id: string, range: { below?: number } = {}): Promise<Version | undefined> {
  return (await versions.list({ index: 'by_document', equals: [document_id], range, order: 'descending', limit: 1 })).rows[0]
}

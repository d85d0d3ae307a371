import { type Descriptor, ImageDocError } from '@imagedoc/core'
import { cacheScopeOf } from '../cache-scope.ts'
import { inspectDocument } from '../documents/inspect-document.ts'
import { bytesOf } from '../documents/version-bytes.ts'
import { listsChanged } from '../documents/written.ts'
import type { Document } from '../records/document.ts'
import { insertOnce } from '../records/insert-once.ts'
import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'
import type { Made } from './hold-result.ts'
import type { Needs as Publishing } from './publish.ts'

type Needs = Publishing & Pick<Services, 'imagedoc' | 'settings' | 'usage'>

/**
 * Makes the document of a gathered run: its original is the run's one PDF or image. Done again after a crash, it finds the document that is there: its
 * id is the run's. @throws QUOTA_EXCEEDED; INVALID_PIPELINE when the outputs are of another kind
 */
export async function makeGathered(services: Needs, run: Run, made: Made): Promise<Document> {
  const { blobs, imagedoc, tables, usage } = services
  const there = await tables.documents.get(run._id)
  if (there) return there
  const collection = await tables.collections.get(run.collection_id)
  if (!collection || collection.deleted_at !== null) throw goneError()
  const original = originalOf(made)
  const source = { name: 'gathered', descriptor: original, open: () => blobs.open(original.digest) }
  const { pages } = await inspectDocument(imagedoc, source, cacheScopeOf(services, collection))
  const amount = { bytes: original.size, documents: 1 }
  // Room for its version as well, which is paid for when it comes: else the document would stay behind without one.
  const version = { bytes: bytesOf(made), documents: 0 }
  await usage.reserve(collection.user_id, { ...amount, bytes: amount.bytes + version.bytes })
  await usage.release(collection.user_id, version)
  const row: Document = {
    _id: run._id,
    revision: 0,
    created_at: services.now(),
    collection_id: run.collection_id,
    title: run.title ?? collection.title,
    file_url: `/documents/${run._id}/file`,
    metadata: {},
    original,
    pages,
    current_version: 0,
    deleted_at: null,
  }
  const { row: document, isNew } = await insertOnce(tables.documents, row, () => true)
  if (!isNew) await usage.release(collection.user_id, amount)
  else if (!(await tables.collections.get(run.collection_id))) {
    // Its purge may have counted what is left before this one came.
    if (await tables.documents.delete(run._id)) await usage.release(collection.user_id, amount)
    throw goneError()
  }
  await listsChanged(services, [run.collection_id])
  return document
}

const goneError = () => new ImageDocError('NOT_FOUND', 'The collection was removed while the run worked on it.')

function originalOf({ outputs }: Made): Descriptor {
  const files = outputs.filter(({ kind, page }) => (kind === 'pdf' || kind === 'image') && page === undefined)
  if (files.length === 1 && files[0]) return files[0].descriptor
  throw new ImageDocError(
    'INVALID_PIPELINE',
    `A run that gathers a collection makes one document of one PDF or image; this pipeline gives ${files.length}. Name one in "outputs", for example that of pdf.searchable.`,
    { path: 'outputs' },
  )
}

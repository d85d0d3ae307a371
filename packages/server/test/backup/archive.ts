import { randomBytes } from 'node:crypto'
import { repairNewest } from '../../src/documents/newest-documents.ts'
import type { Document } from '../../src/records/document.ts'
import { newId } from '../../src/records/id.ts'
import { createRunService } from '../../src/runs/run-service.ts'
import type { Services } from '../../src/services.ts'
import { addCaller, addPdf, ended, greyPdf } from '../runs/support.ts'
import { addCollection, addDocument, addRun, addUpload } from '../support/archive.ts'

/** What stands in the archive that tests back up. */
export interface FilledArchive {
  readonly user: string
  /** With a version, which a run made. */
  readonly read: Document
  /** With an original alone. */
  readonly plain: Document
}

/** One of everything that a server keeps: users and keys, collections, documents with versions, the trash, pipelines, runs in all states, batches. */
export async function fillArchive(services: Services): Promise<FilledArchive> {
  const { tables } = services
  const ana = await addCaller(services)
  const common = { revision: 0, created_at: new Date() }
  const session = { ...common, user_id: ana.userId, name: 'test', expires_at: new Date(Date.now() + 3_600_000), last_used_at: null }
  await tables.tokens.insert({ ...session, _id: newId(), kind: 'key', hash: randomBytes(32).toString('hex') })
  const collection = await addCollection(services, { user_id: ana.userId })
  const bob = await addCaller(services)
  await addCollection(services, { user_id: bob.userId, title: 'Shared', members: [{ user_id: ana.userId, role: 'viewer' }] })
  const read = await addPdf(services, collection, { pages: 2 })
  const plain = await addDocument(services, { collection_id: collection._id, title: 'Álbum 📷', metadata: { date: '1755' } })
  await addDocument(services, { collection_id: collection._id, deleted_at: new Date('2026-11-01T10:00:00Z') })
  await repairNewest(services, collection._id)
  const pipeline = newId()
  const saved = { ...common, user_id: ana.userId, collection_id: collection._id, name: 'grey', version: 1 }
  await tables.pipelines.insert({ ...saved, _id: pipeline })
  await tables.pipelineVersions.insert({
    ...common,
    _id: newId(),
    pipeline_id: pipeline,
    number: 1,
    user_id: ana.userId,
    definition: greyPdf,
  })
  await makeVersion(services, ana, read)
  const place = { user_id: ana.userId, collection_id: collection._id }
  const failed = { code: 'OPERATION_FAILED', message: 'It failed.', retryable: false, details: null }
  await addRun(services, { ...place, document_id: plain._id, state: 'failed', error: failed as never })
  await addRun(services, { ...place, document_id: plain._id, state: 'running', attempt: 2, ended_at: null })
  await addRun(services, { ...place, state: 'queued', gather: true, attempt: 0, started_at: null, ended_at: null })
  await addUpload(services, ana.userId)
  await services.audit.record({ userId: ana.userId, action: 'documents.create', subject: { type: 'document', id: read._id } })
  return { user: ana.userId, read: (await tables.documents.get(read._id)) as Document, plain }
}

/** By a run that is done here. */
async function makeVersion(services: Services, caller: Awaited<ReturnType<typeof addCaller>>, document: Document): Promise<void> {
  await using _runner = await services.runner.start({ work: { concurrency: 2 } })
  const target = { document_id: document._id }
  const started = await createRunService(services).start(caller, { target, pipeline: { definition: greyPdf }, inputs: {} })
  if (started.type !== 'run') throw new Error('A batch was started.')
  await ended(services, started.run)
}

import { isDeepStrictEqual } from 'node:util'
import { ImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { createPipelineService } from '../pipelines/pipeline-service.ts'
import { isSameDefinition } from '../pipelines/pipeline-versions.ts'
import { everyRow } from '../records/every-row.ts'
import { type Id, idFor, newId } from '../records/id.ts'
import { insertOnce } from '../records/insert-once.ts'
import type { Batch, Run, RunInput } from '../records/run.ts'
import type { Services } from '../services.ts'
import { assertWebhookUrl } from '../webhooks/address.ts'
import { assertInputNames } from './input-names.ts'
import { insertRun } from './insert-run.ts'
import { newRun } from './new-run.ts'
import { sourcesOf } from './run-inputs.ts'

export type Needs = Pick<Services, 'access' | 'audit' | 'blobs' | 'imagedoc' | 'instanceKey' | 'now' | 'queues' | 'settings' | 'tables'>

/** Documents that one run may gather. */
const GATHERED = 2000
const RETRY_SECONDS = 60

export interface DocumentTarget {
  readonly document_id: Id
  /** @default 0, the original */
  readonly version?: number | undefined
  /** Of that version; may be left out where it has one. */
  readonly output?: string | undefined
}

export interface CollectionTarget {
  readonly collection_id: Id
  /** One run over all documents, which makes a new one. @default false: a run for each */
  readonly gather?: boolean | undefined
  readonly title?: string | undefined
}

export interface StartRun {
  readonly target: DocumentTarget | CollectionTarget
  readonly pipeline: { readonly id: Id; readonly version?: number | undefined } | { readonly definition: unknown }
  /** Further inputs by name. */
  readonly inputs: Readonly<Record<string, DocumentTarget>>
  readonly webhook?: { readonly url: string } | undefined
  readonly idempotencyKey?: string | undefined
}

export type Started = { readonly type: 'run'; readonly run: Run } | { readonly type: 'batch'; readonly batch: Batch }

type Chosen = Pick<Run, 'pipeline' | 'saved_pipeline'>

/**
 * Accepts a run, or a batch of them: from here on it ends in one of the four ways, whatever happens to this process.
 * @throws INVALID_PIPELINE, NOT_FOUND, FORBIDDEN, INVALID_REQUEST, RATE_LIMITED when too many of hers wait
 */
export async function startRun(services: Needs, caller: Caller, start: StartRun): Promise<Started> {
  const { target, webhook } = start
  if (webhook) assertWebhookUrl(services.settings, webhook.url)
  const chosen = await choosePipeline(services, caller, start.pipeline)
  const started =
    'document_id' in target
      ? await overDocument(services, caller, { start, target, chosen })
      : await overCollection(services, caller, { start, target, chosen })
  const subject = started.type === 'run' ? { type: 'run', id: started.run._id } : { type: 'batch', id: started.batch._id }
  await services.audit.record({ userId: caller.userId, action: 'runs.start', subject })
  return started
}

interface Over<Target> {
  readonly start: StartRun
  readonly target: Target
  readonly chosen: Chosen
}

async function overDocument(services: Needs, caller: Caller, { start, target, chosen }: Over<DocumentTarget>): Promise<Started> {
  const { document } = await services.access.document(caller, target.document_id, { role: 'editor', path: 'target.document_id' })
  assertInputNames(chosen.pipeline, Object.keys(start.inputs))
  const inputs = { input: inputOf(target), ...(await furtherInputs(services, caller, start.inputs)) }
  await sourcesOf(services, inputs.input, 'target')
  const given = {
    document_id: document._id,
    collection_id: document.collection_id,
    version: target.version ?? 0,
    inputs,
    priority: 0 as const,
  }
  return { type: 'run', run: await acceptRun(services, caller, { start, run: { ...chosen, ...given } }) }
}

async function overCollection(services: Needs, caller: Caller, { start, target, chosen }: Over<CollectionTarget>): Promise<Started> {
  const collection = await services.access.collection(caller, target.collection_id, { role: 'editor', path: 'target.collection_id' })
  assertInputNames(chosen.pipeline, Object.keys(start.inputs))
  if (target.gather === true) {
    const input = await gatheredInputs(services, collection._id)
    const inputs = { input, ...(await furtherInputs(services, caller, start.inputs)) }
    const given = { collection_id: collection._id, inputs, gather: true, title: target.title ?? null, priority: 0 as const }
    return { type: 'run', run: await acceptRun(services, caller, { start, run: { ...chosen, ...given } }) }
  }
  if (Object.keys(start.inputs).length > 0)
    throw new ImageDocError('INVALID_REQUEST', 'A run for each document of a collection takes no further inputs.', { path: 'inputs' })
  return { type: 'batch', batch: await insertBatch(services, caller, { start, collection_id: collection._id, chosen }) }
}

async function choosePipeline(services: Needs, caller: Caller, given: StartRun['pipeline']): Promise<Chosen> {
  if ('definition' in given) return { pipeline: services.imagedoc.parse(given.definition), saved_pipeline: null }
  const saved = await createPipelineService(services).get(caller, given)
  return { pipeline: services.imagedoc.parse(saved.definition), saved_pipeline: { id: saved.pipeline._id, number: saved.number } }
}

function inputOf({ document_id, version = 0, output = undefined }: DocumentTarget): RunInput {
  return { document_id, version, output: output ?? null }
}

async function furtherInputs(services: Needs, caller: Caller, inputs: StartRun['inputs']): Promise<Record<string, RunInput>> {
  const found: Record<string, RunInput> = {}
  for (const [name, target] of Object.entries(inputs)) {
    await services.access.document(caller, target.document_id, { role: 'viewer', path: `inputs.${name}.document_id` })
    found[name] = inputOf(target)
    await sourcesOf(services, found[name], `inputs.${name}`)
  }
  return found
}

async function gatheredInputs({ tables }: Needs, collectionId: Id): Promise<RunInput[]> {
  const inputs: RunInput[] = []
  for await (const { _id } of everyRow(tables.documents, { index: 'by_collection', equals: [collectionId, null] })) {
    inputs.push({ document_id: _id, version: 0, output: null })
    if (inputs.length > GATHERED)
      throw new ImageDocError('INVALID_REQUEST', `One run gathers at most ${GATHERED} documents. Make smaller collections of them.`, {
        path: 'target.collection_id',
      })
  }
  if (inputs.length > 0) return inputs
  throw new ImageDocError('INVALID_REQUEST', 'The collection is empty: there is nothing to gather.', { path: 'target.collection_id' })
}

/** @throws RATE_LIMITED */
export async function assertRoom({ settings, tables }: Pick<Needs, 'settings' | 'tables'>, userId: Id, more: number): Promise<void> {
  const waiting = (await tables.runs.count('by_user_state', [userId, 'queued'])) + (await comingOf({ tables }, userId))
  if (waiting + more <= settings.maxQueuedRuns) return
  const message = `${waiting} of your runs wait already, and ${more} more are beyond the ${settings.maxQueuedRuns} that may. Wait until some are done, or cancel them.`
  throw new ImageDocError('RATE_LIMITED', message, { details: { retryAfterSeconds: RETRY_SECONDS } })
}

/** Runs of her batches that are still to be made. */
async function comingOf({ tables }: Pick<Needs, 'tables'>, userId: Id): Promise<number> {
  let coming = 0
  for await (const { user_id, collection_id, runs } of everyRow(tables.batches, { index: 'by_complete', equals: [false] }))
    if (user_id === userId) coming += Math.max(0, (await tables.documents.count('by_collection', [collection_id, null])) - runs)
  return coming
}

type Given = Chosen & Partial<Run> & Pick<Run, 'collection_id' | 'inputs' | 'priority'>

async function acceptRun(services: Needs, caller: Caller, { start, run }: { start: StartRun; run: Given }): Promise<Run> {
  const { idempotencyKey, webhook } = start
  const _id = idempotencyKey === undefined ? newId() : idFor(services.instanceKey, [caller.userId, 'run', idempotencyKey])
  const row = newRun(services, {
    ...run,
    _id,
    user_id: caller.userId,
    idempotency_key: idempotencyKey ?? _id,
    webhook_url: webhook?.url ?? null,
  })
  if (!(await services.tables.runs.get(_id))) await assertRoom(services, caller.userId, 1)
  // What a collection holds may be another when the request is repeated.
  const isSameTarget = ({ gather, collection_id, inputs }: Run): boolean =>
    gather === row.gather && (gather ? collection_id === row.collection_id : isDeepStrictEqual(inputs, row.inputs))
  return insertRun(services, row, (there) => isSameTarget(there) && isSameDefinition(there.pipeline, row.pipeline))
}

async function insertBatch(
  services: Needs,
  caller: Caller,
  { start, collection_id, chosen }: { start: StartRun; collection_id: Id; chosen: Chosen },
): Promise<Batch> {
  const { idempotencyKey, webhook } = start
  const _id = idempotencyKey === undefined ? newId() : idFor(services.instanceKey, [caller.userId, 'batch', idempotencyKey])
  const row: Batch = {
    _id,
    revision: 0,
    created_at: services.now(),
    user_id: caller.userId,
    collection_id,
    ...chosen,
    webhook_url: webhook?.url ?? null,
    idempotency_key: idempotencyKey ?? _id,
    runs: 0,
    cursor: null,
    complete: false,
    cancel_requested: false,
  }
  if (!(await services.tables.batches.get(_id)))
    await assertRoom(services, caller.userId, await services.tables.documents.count('by_collection', [collection_id, null]))
  const same = (there: Batch): boolean => there.collection_id === collection_id && isSameDefinition(there.pipeline, row.pipeline)
  return (await insertOnce(services.tables.batches, row, same)).row
}

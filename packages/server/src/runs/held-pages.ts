import { createHash } from 'node:crypto'
import { type Descriptor, isImageDocError, type StoredArtifact } from '@imagedoc/core'
import { dropBlob, keepBlob } from '../documents/held-blobs.ts'
import { everyRow } from '../records/every-row.ts'
import type { Id } from '../records/id.ts'
import { isTaken } from '../records/insert-once.ts'
import type { HeldArtifact, Run, RunPage } from '../records/run.ts'
import type { Services } from '../services.ts'
import { isEnded } from './claim.ts'

type Needs = Pick<Services, 'blobs' | 'lock' | 'now' | 'tables'>

/** The same piece of the same run has the same row, whoever writes it. */
export function pageRowId(runId: Id, page: string, segment: string): Id {
  return createHash('sha256')
    .update(JSON.stringify([runId, page, segment]))
    .digest('hex')
    .slice(0, 24)
}

export type NewPage = Pick<RunPage, 'page' | 'segment' | 'outcome' | 'steps' | 'diagnostics'>

/** Writes a row; one that is there already stays. */
export async function insertPage(
  { now, tables }: Pick<Needs, 'now' | 'tables'>,
  { _id: run_id, attempt }: Pick<Run, '_id' | 'attempt'>,
  page: NewPage,
): Promise<void> {
  const { outcome } = page
  const row: RunPage = {
    _id: pageRowId(run_id, page.page, page.segment),
    revision: 0,
    created_at: now(),
    run_id,
    attempt,
    blob: 'done' in outcome ? outcome.done.descriptor.digest : null,
    ...page,
  }
  await tables.runPages.insert(row).catch((error: unknown) => {
    if (!isTaken(error, '_id')) throw error
  })
}

/** Makes sure that an artifact's bytes are owned, and writes down that the run holds them. */
export async function holdPage(
  services: Needs,
  run: Pick<Run, '_id' | 'attempt'>,
  { page, read }: { page: NewPage & { outcome: { done: HeldArtifact } }; read: () => Promise<Uint8Array> },
): Promise<void> {
  const { descriptor } = page.outcome.done
  await using _turn = await keepBlob(services, descriptor.digest)
  await own(services, descriptor, read)
  await insertPage(services, run, page)
}

/** What is in the cache becomes owned without its bytes being moved; anything else is put. */
async function own({ blobs }: Pick<Needs, 'blobs'>, { digest, mediaType }: Descriptor, read: () => Promise<Uint8Array>): Promise<void> {
  try {
    await blobs.promote(digest)
  } catch (error) {
    if (!isImageDocError(error) || error.code !== 'NOT_FOUND') throw error
    await blobs.put('objects', await read(), { mediaType, expect: digest })
  }
}

/** Lets go of everything that a run held, once what it made is held by its version, or nothing came of it. */
export async function dropPages(services: Needs, runId: Id): Promise<void> {
  for await (const { _id, blob } of everyRow(services.tables.runPages, { index: 'by_run', equals: [runId] })) {
    await services.tables.runPages.delete(_id)
    if (blob !== null) await dropBlob(services, blob)
  }
  for await (const { _id } of everyRow(services.tables.begunPages, { index: 'by_run', equals: [runId] }))
    await services.tables.begunPages.delete(_id)
}

/** A page that was still being written when its run ended came after `dropPages` had looked: whoever wrote it asks again, and lets go of it. */
export async function dropPagesIfOver(services: Needs, runId: Id): Promise<void> {
  const run = await services.tables.runs.get(runId)
  if (!run || isEnded(run.state)) await dropPages(services, runId)
}

export function heldArtifact({ kind, meta, matrix, descriptor, properties = {}, size }: StoredArtifact): HeldArtifact {
  return { kind, meta, matrix, descriptor, properties, ...(size && { size }) }
}

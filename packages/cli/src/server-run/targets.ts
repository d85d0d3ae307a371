import { join, resolve } from 'node:path'
import type { ServerRun } from '@imagedoc/client'
import { ImageDocError } from '@imagedoc/core'
import type { InputSummary } from '../batch/summary.ts'
import { folderName } from '../outputs/document-file-name.ts'
import type { Place } from '../outputs/placement.ts'
import type { Client } from '../server/connect.ts'
import type { ServerPipeline } from './pipeline-at-server.ts'
import type { Target } from './run-target.ts'
import type { Uploaded } from './upload-inputs.ts'

const PAGE = 100

/** What is common to all targets of a command. */
export interface Common {
  readonly client: Client
  readonly pipeline: ServerPipeline['start']
  readonly output: string | undefined
  /** Programs get ids, people get titles. */
  readonly json: boolean
}

/** One run for each document. */
export function documentTargets(
  documents: readonly Uploaded[],
  { inputs, ...common }: Common & { inputs: Record<string, { document_id: string }> },
): Target[] {
  const naming = createNaming(common)
  return documents.map(({ input, path, document, failure }) => {
    if (!document) return { input, place: undefined, handle: neverStarted, failure: failedUpload(input, failure) }
    const { shown, place } = naming(document)
    const handle = () => common.client.run({ document_id: document.id }, common.pipeline, { inputs })
    return { input: common.json || path !== undefined ? input : shown, place, handle }
  })
}

/** All documents of a collection as one input, which become a new document. */
export function gatheredTarget(
  { collection_id, named, title }: { collection_id: string; named: string; title: string | undefined },
  { client, pipeline, output, inputs }: Common & { inputs: Record<string, { document_id: string }> },
): Target {
  const handle = () => client.run({ collection_id, gather: true, title }, pipeline, { inputs })
  return { input: title ?? named, place: output === undefined ? undefined : { folder: resolve(output), shown: output }, handle }
}

/** The runs of a collection's documents, which the server has made; `onStarted` is told of the batch as soon as it is there. */
export async function batchTargets(
  collection_id: string,
  { signal, onStarted, ...common }: Common & { signal: AbortSignal; onStarted: (cancel: () => Promise<unknown>, id: string) => void },
): Promise<Target[]> {
  const { client, pipeline, json } = common
  const batch = client.run({ collection_id }, pipeline)
  const id = await batch.id
  onStarted(() => batch.cancel(), id)
  let expected = 0
  for await (const { runs, complete, state } of batch.events({ signal })) {
    expected = runs
    if (complete || (state !== 'queued' && state !== 'running')) break
  }
  const runs = await runsOf(client, id, expected)
  if (runs.length === 0) throw new ImageDocError('INPUT_MISSING', 'The collection has no documents.')
  const titles = await titlesOf(client, collection_id)
  const naming = createNaming(common)
  return runs.map(({ id: run, document_id }) => {
    const document = { id: document_id ?? run, title: titles.get(document_id ?? '') ?? document_id ?? run }
    const { shown, place } = naming(document)
    return { input: json ? document.id : shown, place, handle: () => client.attach(run), isStarted: true }
  })
}

/** As the server takes them. A run changes its place in the list with its state, so that one may be missed on the way. */
async function runsOf(client: Client, batch_id: string, expected: number): Promise<ServerRun[]> {
  const runs = new Map<string, ServerRun>()
  for (let round = 0; round < 5 && (round === 0 || runs.size < expected); round++) {
    let after: string | undefined
    do {
      const page: Awaited<ReturnType<Client['runs']['list']>> = await client.runs.list({ batch_id, limit: PAGE, after })
      for (const run of page.items) runs.set(run.id, run)
      after = page.next ?? undefined
    } while (after !== undefined)
  }
  return [...runs.values()].sort((a, b) => (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : 0))
}

async function titlesOf(client: Client, collection_id: string): Promise<Map<string, string>> {
  const titles = new Map<string, string>()
  let after: string | undefined
  do {
    const page: Awaited<ReturnType<Client['documents']['list']>> = await client.documents.list({ collection_id, limit: PAGE, after })
    for (const { id, title } of page.items) titles.set(id, title)
    after = page.next ?? undefined
  } while (after !== undefined)
  return titles
}

/** Names and folders by title; of two documents of one title the second has its id with it. */
function createNaming({ output }: Pick<Common, 'output'>) {
  const taken = new Set<string>()
  return ({ id, title }: { id: string; title: string }): { shown: string; place: Place | undefined } => {
    const folder = folderName(title)
    // Some systems do not tell upper from lower case.
    const isTaken = taken.has(folder.toLowerCase())
    taken.add(folder.toLowerCase())
    const shown = isTaken ? `${title} (${id})` : title
    if (output === undefined) return { shown, place: undefined }
    const path = join(output, isTaken ? `${id}-${folder}` : folder)
    return { shown, place: { folder: resolve(path), shown: path } }
  }
}

function neverStarted(): never {
  throw new ImageDocError('INTERNAL', 'There is no document to start a run on.')
}

function failedUpload(input: string, failure: Uploaded['failure']): InputSummary {
  const error = failure?.error ?? { code: 'INTERNAL' as const, message: 'It was not uploaded.' }
  return { input, status: failure?.status === 'cancelled' ? 'cancelled' : 'failed', outputs: [], steps: [], error }
}

import type { Run } from '../../../src/records/run.ts'
import { isEnded } from '../../../src/runs/claim.ts'
import type { Services } from '../../../src/services.ts'
import { byId, type Everything, groupBy } from './everything.ts'

const states: readonly Run['state'][] = ['queued', 'running', 'done', 'partial', 'failed', 'cancelled']

/** A run is in one state with what belongs to it, holds pages only while it is being done, and a batch has the runs that it says. */
export async function runProblems({ tables }: Pick<Services, 'tables'>, everything: Everything): Promise<string[]> {
  const { runs } = everything
  const counts = await Promise.all(states.map((state) => tables.runs.count('by_state', [state])))
  const counted = counts.reduce((sum, count) => sum + count, 0)
  const twice = [...groupBy(runs, ({ _id }) => _id)].filter(([, rows]) => rows.length > 1)
  return [
    ...twice.map(([id, rows]) => `run ${id} is in several states: ${rows.map(({ state }) => state).join(', ')}`),
    ...(counted === runs.length ? [] : [`there are ${runs.length} runs, but ${counted} by state`]),
    ...runs.flatMap((run) => stateProblems(run).map((problem) => `run ${run._id} is ${run.state} ${problem}`)),
    ...referenceProblems(everything),
    ...pageProblems(everything),
    ...batchProblems(everything),
  ]
}

function stateProblems({ state, error, result_version, started_at, ended_at, attempt, webhook, document_id }: Run): string[] {
  const hasResult = state === 'done' || state === 'partial'
  const hasError = state === 'failed' || state === 'cancelled'
  const expected: [wrong: boolean, problem: string][] = [
    [!states.includes(state), 'which is no state'],
    [isEnded(state) !== (ended_at !== null), `and ended at ${ended_at?.toISOString() ?? 'no time'}`],
    [hasError !== (error !== null), `with the error ${JSON.stringify(error)}`],
    [hasResult !== (result_version !== null), `with the version ${result_version}`],
    [hasResult && document_id === null, 'without a document'],
    [state === 'queued' && (attempt !== 0 || started_at !== null), `after ${attempt} attempts`],
    [state === 'running' && (attempt < 1 || started_at === null), `without having begun`],
    [webhook !== null && isEnded(state) === (webhook.state === 'waiting'), `with a webhook that is ${webhook?.state}`],
  ]
  return expected.filter(([wrong]) => wrong).map(([, problem]) => problem)
}

function referenceProblems({ runs, documents, collections, versions, batches }: Everything): string[] {
  const known = { documents: byId(documents), collections: byId(collections), batches: byId(batches) }
  return runs.flatMap(({ _id, state, document_id, collection_id, batch_id, result_version }) => {
    // Its own, or, where it made what was current already, that one.
    const has = versions.some((version) => version.document_id === document_id && version.number === result_version)
    return [
      ...(document_id !== null && !known.documents.has(document_id)
        ? [`run ${_id} is of document ${document_id}, which is not there`]
        : []),
      ...(document_id === null && !known.collections.has(collection_id)
        ? [`run ${_id} is of collection ${collection_id}, which is not there`]
        : []),
      ...(batch_id !== null && !known.batches.has(batch_id) ? [`run ${_id} is of batch ${batch_id}, which is not there`] : []),
      ...(result_version !== null && !has ? [`run ${_id} is ${state} with version ${result_version}, which is not there`] : []),
    ]
  })
}

function pageProblems({ runs, runPages, begunPages }: Everything): string[] {
  const known = byId(runs)
  return [...groupBy([...runPages, ...begunPages], ({ run_id }) => run_id)].flatMap(([id, pages]) => {
    const state = known.get(id)?.state
    return state === 'running' ? [] : [`run ${id} holds ${pages.length} pages, and is ${state ?? 'not there'}`]
  })
}

function batchProblems({ runs, batches }: Everything): string[] {
  const runsOf = groupBy(runs, ({ batch_id }) => batch_id ?? '')
  return batches.flatMap(({ _id, runs: said, complete }) => {
    const own = runsOf.get(_id) ?? []
    const twice = own.length > new Set(own.map(({ document_id }) => document_id)).size
    return [
      ...(twice ? [`batch ${_id} has two runs of one document`] : []),
      // A purge of a document takes its runs along; and while a batch is being made, runs come before they are counted.
      ...(complete && own.length > said ? [`batch ${_id} says it has ${said} runs; it has ${own.length}`] : []),
    ]
  })
}

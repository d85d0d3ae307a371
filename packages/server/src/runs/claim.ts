import { ImageDocError, type Lease, type RunStatus } from '@imagedoc/core'
import { changeRow } from '../records/change-row.ts'
import type { Id } from '../records/id.ts'
import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'lock' | 'now' | 'tables'>

/** After this without a renewal another process takes the run over. */
export const LEASE_MS = 10_000

/** A run that is this process's to do, until the lease is disposed or lost. */
export interface Claim {
  readonly run: Run
  readonly lease: Lease
}

/** Takes a run that waits, or whose process was lost; undefined when another has it or it has ended. */
export async function claimRun({ lock, now, tables }: Needs, id: Id): Promise<Claim | undefined> {
  const lease = await lock.acquire(`run:${id}`, { ttlMs: LEASE_MS })
  if (!lease) return undefined
  const run = await changeRow(tables.runs, id, ({ state, attempt, started_at, created_at }) =>
    isEnded(state)
      ? undefined
      : { state: 'running' as const, attempt: attempt + 1, started_at: started_at ?? notBefore(created_at, now()) },
  ).catch(async (error: unknown) => {
    await lease[Symbol.asyncDispose]()
    throw error
  })
  if (run) return { run, lease }
  await lease[Symbol.asyncDispose]()
  return undefined
}

/** What a run's end writes. */
export type Ending = Pick<Run, 'error' | 'steps' | 'pages' | 'result_version'> & {
  readonly state: RunStatus
  readonly document_id?: Id
  readonly result_is_new?: boolean
}

/** Ends a run: only as the attempt that has it, and only once. Undefined when it is not ours any more, or gone with its document. */
export function endRun({ now, tables }: Pick<Needs, 'now' | 'tables'>, { _id, attempt }: Run, ending: Ending): Promise<Run | undefined> {
  return changeRow(tables.runs, _id, (row) => {
    if (row.state !== 'running' || row.attempt !== attempt) return undefined
    const webhook = row.webhook && { ...row.webhook, state: 'pending' as const, next_at: now() }
    return { ...ending, webhook, ended_at: notBefore(row.started_at ?? row.created_at, now()) }
  })
}

/** Whether the run is still this attempt's to go on with. */
export async function isOurs({ tables }: Pick<Needs, 'tables'>, { _id, attempt }: Pick<Run, '_id' | 'attempt'>): Promise<boolean> {
  const row = await tables.runs.get(_id)
  return row?.state === 'running' && row.attempt === attempt
}

/** A process that stood still while another took the run over writes nothing more. @throws CANCELLED */
export async function assertOurs(services: Pick<Needs, 'tables'>, run: Pick<Run, '_id' | 'attempt'>): Promise<void> {
  if (await isOurs(services, run)) return
  throw new ImageDocError('CANCELLED', 'The run is not ours any more: it has ended, or another process has taken it over.')
}

export function isEnded(state: Run['state']): state is RunStatus {
  return state !== 'queued' && state !== 'running'
}

/** The clock may have been set back meanwhile: nothing ends before it began. */
export function notBefore(earlier: Date, later: Date): Date {
  return later < earlier ? earlier : later
}

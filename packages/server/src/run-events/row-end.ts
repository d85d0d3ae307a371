import { initialRunState, type RunEvent, type RunState, type RunStatus, type StepState } from '@imagedoc/core'
import type { Run, RunStep } from '../records/run.ts'
import { toldDiagnostic } from '../records/told-pages.ts'

/** How a run ended, as its row tells it: for who asks when its events are no longer kept. Undefined while it has not ended. */
export function endStateOf(run: Run): RunState | undefined {
  const status = statusOf(run)
  if (!status) return undefined
  const { steps, error } = run
  return {
    ...initialRunState,
    status,
    steps: steps.map(stepOf),
    diagnostics: steps.flatMap(({ diagnostics }) => diagnostics.map(toldDiagnostic)),
    error: error ?? undefined,
  }
}

/** A run's last event, made of its row. Its number is the publisher's to give. */
export function endEventOf(run: Run): RunEvent | undefined {
  const status = statusOf(run)
  if (!status) return undefined
  const { error, started_at, ended_at } = run
  const ms = started_at && ended_at ? Math.max(0, ended_at.getTime() - started_at.getTime()) : 0
  const at = (ended_at ?? new Date()).toISOString()
  return { schemaVersion: 2, seq: 0, at, type: 'run-ended', status, ms, ...(error ? { error } : {}) }
}

function statusOf({ state }: Run): RunStatus | undefined {
  return state === 'queued' || state === 'running' ? undefined : state
}

function stepOf({ id, use, pages, ms, saved_ms: savedMs, diagnostics }: RunStep): StepState {
  const total = pages.hit + pages.miss + pages.skipped + pages.failed
  return { id, use, total, pages: { ...pages }, working: {}, ms, savedMs, diagnostics: diagnostics.map(toldDiagnostic) }
}

import type { Diagnostic } from '../artifact/diagnostic.ts'
import { formatPageId, type PageId } from '../artifact/page-id.ts'
import type { SerialisedError } from '../errors/error.ts'
import type { RunEvent, RunStatus } from './events.ts'

/** Where a step's results came from: `mixed` over pages of both kinds, `unused` when nothing asked for it. */
export type CacheOutcome = 'hit' | 'miss' | 'mixed' | 'unused'

/** Pages of a step by what became of them. */
export interface PageCounts {
  hit: number
  miss: number
  skipped: number
  failed: number
  /** Handed on as they were, because `perPage` says so; left out where there are none. */
  passed?: number
}

/** One step, as the events so far tell it. */
export interface StepState {
  id: string
  use: string
  /** Undefined until known. */
  total: number | undefined
  pages: PageCounts
  /** Pages in work and how much of each is done, 0 to 1. */
  working: Readonly<Record<string, number>>
  ms: number
  /** What the results that came from the cache took when they were made. */
  savedMs: number
  diagnostics: readonly Diagnostic[]
}

/** A run, as the events so far tell it: a plain value that a snapshot can carry. */
export interface RunState {
  status: 'running' | RunStatus
  seq: number
  steps: readonly StepState[]
  diagnostics: readonly Diagnostic[]
  error: SerialisedError | undefined
}

/** Before the first event: where {@link reduceRun} starts. */
export const initialRunState: RunState = { status: 'running', seq: 0, steps: [], diagnostics: [], error: undefined }

/** The state after one more event. Pure: the same events give the same state, wherever it is computed. */
export function reduceRun(state: RunState, event: RunEvent): RunState {
  const next = { ...state, seq: event.seq }
  switch (event.type) {
    case 'run-started':
      // On a server a later attempt starts the run anew: nothing of the earlier one is left.
      return { ...initialRunState, seq: event.seq, steps: event.steps.map(emptyStep) }
    case 'pages-known':
      return withStep(next, event.step, (step) => ({ ...step, total: event.pages }))
    case 'step-started':
      return withStep(next, event.step, (step) => ({ ...step, working: { ...step.working, [formatPageId(event.page)]: 0 } }))
    case 'step-progress':
      return withStep(next, event.step, (step) => ({ ...step, working: { ...step.working, [formatPageId(event.page)]: event.done } }))
    case 'page-done':
      return withStep(next, event.step, (step) => ({ ...counted(step, 'miss', event.page), ms: step.ms + event.ms }))
    case 'cache-hit':
      return withStep(next, event.step, (step) => ({ ...counted(step, 'hit', event.page), savedMs: step.savedMs + (event.savedMs ?? 0) }))
    case 'page-passed':
      return withStep(next, event.step, (step) => counted(step, 'passed', event.page))
    case 'page-skipped':
      return withStep(next, event.step, (step) => counted(step, 'skipped', event.page))
    case 'page-failed':
      return withStep(next, event.step, (step) => counted(step, 'failed', event.page))
    case 'diagnostic':
      return withDiagnostic(next, event.diagnostic, event.step)
    case 'run-ended':
      return { ...next, status: event.status, error: event.error }
  }
}

/** `hit`, `miss`, both or neither. */
export function cacheOutcome({ hit, miss }: StepState['pages']): CacheOutcome {
  if (hit > 0) return miss > 0 ? 'mixed' : 'hit'
  return miss > 0 ? 'miss' : 'unused'
}

function emptyStep({ id, use }: { id: string; use: string }): StepState {
  return { id, use, total: undefined, pages: { hit: 0, miss: 0, skipped: 0, failed: 0 }, working: {}, ms: 0, savedMs: 0, diagnostics: [] }
}

function withStep(state: RunState, id: string, change: (step: StepState) => StepState): RunState {
  const index = state.steps.findIndex((step) => step.id === id)
  const step = state.steps[index]
  return step ? { ...state, steps: state.steps.with(index, change(step)) } : state
}

function counted(step: StepState, what: keyof PageCounts, page: PageId): StepState {
  const { [formatPageId(page)]: _, ...working } = step.working
  return { ...step, working, pages: { ...step.pages, [what]: (step.pages[what] ?? 0) + 1 } }
}

function withDiagnostic(state: RunState, diagnostic: Diagnostic, step: string | undefined): RunState {
  const all = { ...state, diagnostics: [...state.diagnostics, diagnostic] }
  return step === undefined ? all : withStep(all, step, (entry) => ({ ...entry, diagnostics: [...entry.diagnostics, diagnostic] }))
}

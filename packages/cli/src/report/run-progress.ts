import type { RunMessage } from '@imagedoc/client'
import { type RunState, reduceRun } from '@imagedoc/core'

/** How far a run is. */
export interface RunProgress {
  /** 0 to 1. */
  readonly fraction: number
  /** What it is at, for example `ocr.recognize 12/40`; empty before the first step. */
  readonly at: string
}

type Step = RunState['steps'][number]

/** The state after a message; a server sends it as a whole in the place of events that it does not keep any more. */
export function advance(state: RunState, message: RunMessage): RunState {
  return message.type === 'snapshot' ? message.state : reduceRun(state, message)
}

/** From the run's state; a step whose pages are not counted yet is taken to have as many as the largest that is. */
export function progressOf(state: RunState): RunProgress {
  if (state.status === 'done' || state.status === 'partial') return { fraction: 1, at: '' }
  const most = Math.max(1, ...state.steps.map((step) => step.total ?? 0))
  const all = state.steps.reduce((sum, step) => sum + (step.total ?? most), 0)
  const done = state.steps.reduce((sum, step) => sum + ended(step) + partly(step), 0)
  return { fraction: all === 0 ? 0 : Math.min(1, done / all), at: whereabouts(state.steps) }
}

/** Pages of a step that need no more work. */
export function ended({ pages }: Step): number {
  return pages.hit + pages.miss + pages.skipped + pages.failed + (pages.passed ?? 0)
}

function partly({ working }: Step): number {
  return Object.values(working).reduce((sum, done) => sum + done, 0)
}

function whereabouts(steps: readonly Step[]): string {
  const step = steps.findLast(({ working }) => Object.keys(working).length > 0) ?? steps.findLast((candidate) => ended(candidate) > 0)
  if (!step) return ''
  return step.total === undefined || step.total === 1 ? step.id : `${step.id} ${ended(step)}/${step.total}`
}

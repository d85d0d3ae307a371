import type { Receipt, RunState } from '@imagedoc/core'
import type { Run, RunStep } from '../records/run.ts'
import { boundedDiagnostic } from '../run-events/bounded-event.ts'

/** Of one step, and of all: the row is written and listed as a whole, and a database refuses one of 16 MiB. The others are in the receipt. */
const DIAGNOSTICS = 100
const ALL_DIAGNOSTICS = 1000

/** How far a run is, in pages: those that every step which works on pages has behind it. */
export function pagesOf({ steps }: Pick<RunState, 'steps'>): Run['pages'] {
  const counted = steps.map(({ pages, total }) => ({ done: pages.hit + pages.miss + (pages.passed ?? 0), failed: pages.failed, total }))
  const totals = counted.flatMap(({ total }) => total ?? [])
  const total = totals.length > 0 ? Math.max(...totals) : null
  const working = counted.filter(({ done, failed }) => done + failed > 0)
  // A step that takes the whole document counts once.
  const overPages = working.filter(({ done, failed }) => total === null || total === 1 || done + failed > 1)
  return {
    total,
    done: overPages.length > 0 ? Math.min(...overPages.map(({ done }) => done)) : 0,
    failed: Math.max(0, ...working.map(({ failed }) => failed)),
  }
}

/** What a run's row keeps of its receipt. */
export function stepsOf({ steps }: Receipt): RunStep[] {
  let room = ALL_DIAGNOSTICS
  return steps.map(({ id, use, key, cache, pages, ms, savedMs: saved_ms = 0, diagnostics }) => {
    const kept = diagnostics.slice(0, Math.min(DIAGNOSTICS, room))
    room -= kept.length
    return { id, use, key, cache, pages, ms, saved_ms, diagnostics: kept.map(boundedDiagnostic) }
  })
}

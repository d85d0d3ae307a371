import { type PageId, pageKey } from '../artifact/page-id.ts'
import type { RunEventBody } from './events.ts'
import type { StepFailure } from './failure.ts'

/** A page of a step whose result was in the cache. */
export interface Hit {
  readonly step: string
  readonly page: PageId
  /** What it took to make it. */
  readonly savedMs: number | undefined
}

/** What a run has told so far: it tells of nothing twice. */
export interface Tally {
  emit(event: RunEventBody): void
  /** Takes a failed step with the error itself, which no event holds. */
  onFailure(failure: StepFailure): void
  /** True for the first one that asks: whatever is named so is told once. */
  isFirst(name: string): boolean
  /** A page of a step was worked on. */
  countDone(step: string, page: PageId): void
  isCounted(step: string, page: PageId): boolean
  /** A page of a step counts as a hit once, and only when the step did not work on it. */
  countHit(hit: Hit): void
  /** The same, but not before it is known whether the step works on that page after all. */
  countHitLater(hit: Hit): void
  /** Nothing more is done on this page; left out: on any page. */
  settleHits(page?: PageId): void
}

export function createTally({ emit, onFailure }: Pick<Tally, 'emit' | 'onFailure'>): Tally {
  const told = new Set<string>()
  const counted = new Set<string>()
  let later: Hit[] = []
  const nameOf = (step: string, page: PageId): string => `${step} ${pageKey(page)}`
  const countHit = ({ step, page, savedMs }: Hit): void => {
    const name = nameOf(step, page)
    if (counted.has(name)) return
    counted.add(name)
    emit({ type: 'cache-hit', step, page, ...(savedMs === undefined ? {} : { savedMs }) })
  }
  return {
    emit,
    onFailure,
    isFirst(name) {
      if (told.has(name)) return false
      told.add(name)
      return true
    },
    countDone: (step, page) => void counted.add(nameOf(step, page)),
    isCounted: (step, page) => counted.has(nameOf(step, page)),
    countHit,
    countHitLater: (hit) => void later.push(hit),
    settleHits(page) {
      const isDue = (hit: Hit): boolean => page === undefined || pageKey(hit.page) === pageKey(page)
      const due = later.filter(isDue)
      later = later.filter((hit) => !isDue(hit))
      for (const hit of due) countHit(hit)
    },
  }
}

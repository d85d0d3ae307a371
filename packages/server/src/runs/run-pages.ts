import { formatPageId, ImageDocError, type PageOutcome, type RunPages } from '@imagedoc/core'
import type { Run, PageOutcome as StoredOutcome } from '../records/run.ts'
import type { Services } from '../services.ts'
import { assertOurs } from './claim.ts'
import { dropPagesIfOver, heldArtifact, holdPage, insertPage, pageRowId } from './held-pages.ts'
import type { Turns } from './turns.ts'

type Needs = Pick<Services, 'begunPages' | 'blobs' | 'lock' | 'now' | 'tables'>

/**
 * The record of one run's pages in the database; what is not there yet is computed in this process: when it is the run's turn, or, with `items`, at
 * once, because whoever asks has given a worker's turn.
 */
export function createRunPages(services: Needs, run: Run, turns: Turns | 'items'): RunPages {
  const { runPages } = services.tables
  const peek: RunPages['peek'] = async ({ page, segment }) => {
    const row = await runPages.get(pageRowId(run._id, formatPageId(page), segment))
    return row && { outcome: row.outcome, steps: row.steps, diagnostics: row.diagnostics }
  }
  return {
    items: turns === 'items',
    find: peek,
    peek,
    turn({ page, step, network }, compute, signal) {
      const work = () => services.begunPages.during({ run, page: formatPageId(page), step, signal }, compute)
      return turns === 'items' || network ? work() : turns.take(run, work, signal)
    },
    async record({ page, segment }, { outcome, steps, diagnostics }, read) {
      throwWithoutRoom(outcome)
      await assertOurs(services, run)
      const stored = { page: formatPageId(page), segment, outcome: storedOutcome(outcome), steps, diagnostics }
      if ('done' in stored.outcome) await holdPage(services, run, { page: { ...stored, outcome: stored.outcome }, read })
      else await insertPage(services, run, stored)
      await dropPagesIfOver(services, run._id)
    },
  }
}

/** That there was no room is nothing to be remembered of a page: it is done when there is some. @throws STORE_FULL */
function throwWithoutRoom(outcome: PageOutcome): void {
  const error = 'error' in outcome ? outcome.error : 'hole' in outcome ? outcome.hole.error : undefined
  if (error?.code === 'STORE_FULL') throw ImageDocError.fromJSON(error)
}

function storedOutcome(outcome: PageOutcome): StoredOutcome {
  return 'done' in outcome ? { ...outcome, done: heldArtifact(outcome.done) } : outcome
}

import { ImageDocError } from '@imagedoc/core'
import { type Id, newId } from '../records/id.ts'
import { isTaken } from '../records/insert-once.ts'
import type { BegunPage } from '../records/run.ts'
import type { Services } from '../services.ts'
import { createCompany } from '../turns/company.ts'
import type { BegunPages, BegunWork } from './begun-pages.ts'
import { pageRowId } from './held-pages.ts'

type Needs = Pick<Services, 'now' | 'tables'>

/** So often a page is begun and not ended: the first time beside others, then alone. */
const MOST_TIMES = 5

export function createBegunPages({ now, tables }: Needs): BegunPages {
  const { begunPages } = tables
  const process = newId()
  const company = createCompany()
  const here = new Set<string>()

  /** Undefined when another process was faster: the page is marked then, too. */
  const mark = async (row: BegunPage, before: BegunPage | undefined): Promise<BegunPage | undefined> => {
    if (before) return begunPages.replaceIf({ ...before, process, times: row.times })
    try {
      await begunPages.insert(row)
      return row
    } catch (error) {
      if (isTaken(error, '_id')) return undefined
      throw error
    }
  }
  /** How often it was at work when another process died. @throws PROCESS_CRASHED */
  const crashesOf = (before: BegunPage | undefined, page: string): number => {
    const crashes = before && before.process !== process ? before.times : 0
    if (crashes >= MOST_TIMES) throw crashedError(page)
    return crashes
  }
  const marked = async <Value>(row: BegunPage, before: BegunPage | undefined, compute: () => Promise<Value>): Promise<Value> => {
    const { _id } = row
    const written = await mark(row, before)
    here.add(_id)
    try {
      return await compute()
    } finally {
      here.delete(_id)
      // A mark that cannot be deleted now goes with the run; until then this process knows it as its own.
      if (written) await begunPages.delete(_id, written.revision).catch(() => undefined)
    }
  }
  const rowOf = (_id: Id, run_id: Id, times: number): BegunPage => ({ _id, revision: 0, created_at: now(), run_id, process, times })
  return {
    async during<Value>({ run, page, step, signal }: BegunWork, compute: () => Promise<Value>) {
      const _id = pageRowId(run._id, page, step)
      if (here.has(_id)) return company.run('beside others', compute, signal)
      const before = await begunPages.get(_id)
      const crashes = crashesOf(before, page)
      const work = () => marked(rowOf(_id, run._id, crashes + 1), before, compute)
      return company.run(crashes > 0 ? 'alone' : 'beside others', work, signal)
    },
    async finishing(run, finish) {
      const _id = pageRowId(run._id, NO_PAGE, NO_PAGE)
      const before = await begunPages.get(_id)
      return marked(rowOf(_id, run._id, crashesOf(before, NO_PAGE) + 1), before, finish)
    },
  }
}

const NO_PAGE = ''

function crashedError(page: string): ImageDocError {
  const what = page === NO_PAGE ? 'The result of the run' : 'The page'
  return new ImageDocError(
    'PROCESS_CRASHED',
    `${what} was begun ${MOST_TIMES} times, and each time the process that worked on it died: the first time beside other work, then alone. It is not begun again. Look into the log of the server or worker for the reason, then retry the run.`,
  )
}

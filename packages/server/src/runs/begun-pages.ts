import type { Run } from '../records/run.ts'

/** A piece of a run's work that may take its process with it. */
export interface BegunWork {
  readonly run: Pick<Run, '_id'>
  /** `input/position/page/part` */
  readonly page: string
  readonly step: string
  readonly signal: AbortSignal
}

/**
 * Which pages are at work in this process. When a process dies (a native crash, no memory left), the pages that it had begun are suspects: whoever takes
 * one over does it alone, so that the guilty one is found and the innocent ones are done. Steps in child processes do not need this: a child has one page.
 */
export interface BegunPages {
  /** Does the work, with the page marked as begun. @throws PROCESS_CRASHED when the page was begun too often; CANCELLED when aborted while waiting */
  during<Value>(work: BegunWork, compute: () => Promise<Value>): Promise<Value>
  /**
   * The same of what a run does when its pages are done. It waits for nobody and nobody for it: where a result was lost, pages are made once more in the
   * middle of it. @throws PROCESS_CRASHED when it was begun too often
   */
  finishing<Value>(run: Pick<Run, '_id'>, finish: () => Promise<Value>): Promise<Value>
}

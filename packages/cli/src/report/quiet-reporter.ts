import { failureList } from './failure-list.ts'
import type { Reporter } from './reporter.ts'
import { writeError } from './streams.ts'

/** Nothing but what failed. */
export function createQuietReporter(): Reporter {
  return {
    started: () => {},
    event: () => {},
    finished: () => {},
    note: () => {},
    trace: writeError,
    end(summary) {
      const failures = failureList(summary.inputs)
      if (failures.length > 0) writeError(failures.join('\n'))
    },
  }
}

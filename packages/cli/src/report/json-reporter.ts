import type { Reporter } from './reporter.ts'
import { writeError, writeJsonLine } from './streams.ts'

/** One event a line, each with the input it belongs to; the last line is the summary. */
export function createJsonReporter(): Reporter {
  return {
    started: () => {},
    event: (input, { type, ...fields }) => writeJsonLine({ type, input, ...fields }),
    finished: () => {},
    note: writeError,
    trace: writeError,
    end: writeJsonLine,
  }
}

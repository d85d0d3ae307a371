import { errorCodes, formatPageId, type StepFailure, traceOf } from '@imagedoc/core'
import type { Log } from './log.ts'

/**
 * Tells the log of steps that failed for another reason than the user's file or request: a plugin, an engine, a service. The stack is told to nobody else.
 * @param about facts that say whose work it was
 */
export function logFailure(log: Log, about: Readonly<Record<string, unknown>> = {}): (failure: StepFailure) => void {
  return ({ step, use, plugin, page, error }) => {
    if (errorCodes[error.code].status < 500) return
    const { name, version } = plugin
    log.error(
      { ...about, page: formatPageId(page), step, use, plugin: `${name} ${version}`, code: error.code, stack: traceOf(error) },
      'step failed',
    )
  }
}

import type { RunOptions } from '@imagedoc/core'
import { describeFailure, isDebugging } from '../report/fault.ts'
import type { Reporter } from '../report/reporter.ts'
import type { Interruption } from './interruption.ts'

interface Watch {
  readonly reporter: Reporter
  readonly interruption: Pick<Interruption, 'letGo' | 'signal'>
}

/** Options of a run on this machine that is told of and can be interrupted. */
export function watched(input: string, { reporter, interruption }: Watch): Pick<RunOptions, 'onEvent' | 'onFailure' | 'signal'> {
  return {
    signal: interruption.signal,
    onEvent(event) {
      // Told before the step begins.
      if (event.type === 'diagnostic' && event.diagnostic.code === 'PLUGIN_IN_PROCESS') interruption.letGo()
      reporter.event(input, event)
    },
    onFailure(failure) {
      if (isDebugging()) reporter.trace(describeFailure(input, failure))
    },
  }
}

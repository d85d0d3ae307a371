import { initialRunState, type RunState } from '@imagedoc/core'
import { endingLine, warningLines } from './ending-line.ts'
import { count, failureList } from './failure-list.ts'
import { printableName } from './printable.ts'
import type { Reporter } from './reporter.ts'
import { advance, progressOf } from './run-progress.ts'
import { write, writeError } from './streams.ts'

/** A log of a long run says every so often that it is alive. */
const INTERVAL_MS = 10_000

/** Plain lines: one for each input that ended, and now and then one on how far a long run is. */
export function createLineReporter(inputs: number): Reporter {
  const states = new Map<string, { state: RunState; told: number }>()
  return {
    started: (input) => void states.set(input, { state: initialRunState, told: performance.now() }),
    event(input, message) {
      const known = states.get(input)
      if (!known) return
      known.state = advance(known.state, message)
      if (performance.now() - known.told < INTERVAL_MS) return
      known.told = performance.now()
      const { fraction, at } = progressOf(known.state)
      writeError(`${printableName(input)}: ${Math.floor(fraction * 100)} %, ${at}`)
    },
    finished(summary, ending) {
      for (const line of warningLines(summary.input, states.get(summary.input)?.state.diagnostics ?? [])) writeError(line)
      states.delete(summary.input)
      write(endingLine(summary, ending))
    },
    note: writeError,
    trace: writeError,
    end(summary) {
      const failures = failureList(summary.inputs)
      if (failures.length > 0) writeError(`\n${failures.join('\n')}`)
      else if (inputs > 1) write(`${count(inputs, 'input')} done.`)
    },
  }
}

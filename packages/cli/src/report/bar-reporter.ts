import { styleText } from 'node:util'
import { initialRunState, type RunState } from '@imagedoc/core'
import { endingLine, warningLines } from './ending-line.ts'
import { count, failureList } from './failure-list.ts'
import { createLiveLines } from './live-lines.ts'
import { printableName } from './printable.ts'
import type { Reporter } from './reporter.ts'
import { advance, progressOf } from './run-progress.ts'
import { write, writeError } from './streams.ts'

const BAR = 20
const NAME = 32

/** A bar for each input that is worked on, redrawn in place on the terminal; what has ended moves up as a line. */
export function createBarReporter(inputs: number): Reporter {
  const states = new Map<string, RunState>()
  let finished = 0
  const live = createLiveLines(() => {
    const lines = [...states].map(([input, state]) => barLine(input, state))
    return inputs > 1 ? [...lines, `${finished} of ${count(inputs, 'input')}`] : lines
  })
  return {
    started(input) {
      states.set(input, initialRunState)
      live.draw()
    },
    event(input, message) {
      const state = states.get(input)
      if (state) states.set(input, advance(state, message))
      live.draw()
    },
    finished(summary, ending) {
      const warnings = warningLines(summary.input, states.get(summary.input)?.diagnostics ?? [])
      states.delete(summary.input)
      finished++
      live.above(() => {
        for (const line of warnings) writeError(line)
        write(endingLine(summary, ending))
      })
    },
    note: (text) => live.above(() => writeError(text)),
    trace: (text) => live.above(() => writeError(text)),
    end(summary) {
      live.clear()
      const failures = failureList(summary.inputs)
      if (failures.length > 0) writeError(`\n${failures.join('\n')}`)
      else if (inputs > 1) write(`${count(inputs, 'input')} done.`)
    },
  }
}

/** `scans/a.tif  ████████░░░░  52 %  ocr.recognize 12/40` */
export function barLine(input: string, state: RunState): string {
  const { fraction, at } = progressOf(state)
  return bar(input, fraction, at)
}

/** A name, how far it is (0 to 1), and a few words. */
export function bar(name: string, fraction: number, words: string): string {
  const shown = printableName(name)
  const column = shown.length > NAME ? `…${shown.slice(1 - NAME)}` : shown.padEnd(NAME)
  const full = Math.round(fraction * BAR)
  const percent = `${Math.floor(fraction * 100)}`.padStart(3)
  return `${column} ${'█'.repeat(full)}${styleText('dim', '░'.repeat(BAR - full), { stream: process.stderr })} ${percent} %  ${words}`
}

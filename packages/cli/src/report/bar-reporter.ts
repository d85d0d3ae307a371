import { stripVTControlCharacters, styleText } from 'node:util'
import { initialRunState, type RunState, reduceRun } from '@imagedoc/core'
import { endingLine, warningLines } from './ending-line.ts'
import { count, failureList } from './failure-list.ts'
import { printableName } from './printable.ts'
import type { Reporter } from './reporter.ts'
import { progressOf } from './run-progress.ts'
import { write, writeError } from './streams.ts'

const FRAME_MS = 80
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
    event(input, event) {
      const state = states.get(input)
      if (state) states.set(input, reduceRun(state, event))
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
  const shown = printableName(input)
  const name = shown.length > NAME ? `…${shown.slice(1 - NAME)}` : shown.padEnd(NAME)
  const full = Math.round(fraction * BAR)
  const percent = `${Math.floor(fraction * 100)}`.padStart(3)
  return `${name} ${'█'.repeat(full)}${styleText('dim', '░'.repeat(BAR - full), { stream: process.stderr })} ${percent} %  ${at}`
}

/** Lines at the end of the terminal that are drawn over and over. */
function createLiveLines(content: () => string[]) {
  let drawn = 0
  let last = 0
  const clear = (): void => {
    if (drawn > 0) process.stderr.write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  const redraw = (): void => {
    clear()
    // A terminal that does not know its size says 0.
    const room = Math.max((process.stderr.rows || 24) - 1, 1)
    const lines = content().slice(-room).map(fitted)
    process.stderr.write(lines.map((line) => `${line}\n`).join(''))
    drawn = lines.length
    last = performance.now()
  }
  return {
    clear,
    draw: () => {
      if (performance.now() - last >= FRAME_MS) redraw()
    },
    above: (print: () => void) => {
      clear()
      print()
      redraw()
    },
  }
}

/** A line that wraps would be two lines to clear; cut ones lose their colours. */
function fitted(line: string): string {
  const plain = stripVTControlCharacters(line)
  const columns = process.stderr.columns || 80
  return plain.length < columns ? line : plain.slice(0, Math.max(columns - 1, 1))
}

import { atTerminal } from './at-terminal.ts'
import { printableText } from './printable.ts'

/** A line (or lines) to standard output. */
export function write(text: string): void {
  process.stdout.write(`${printableText(atTerminal(text))}\n`)
}

/** A line (or lines) to standard error. */
export function writeError(text: string): void {
  process.stderr.write(`${printableText(atTerminal(text))}\n`)
}

/** One JSON value on one line of standard output. */
export function writeJsonLine(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** One JSON value for people and programs alike. */
export function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

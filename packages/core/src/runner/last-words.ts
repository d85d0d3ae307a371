import { writeSync } from 'node:fs'

const MARK = 'imagedoc: caught by nobody '
/** The parent keeps only the end of what a child writes, and Node writes the stack once more behind this. */
const MOST_CHARACTERS = 3000

/** Writes to stderr what is about to end this child, where the parent looks for it: the child itself can no longer answer. */
export function sayLastWords(thrown: unknown): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const [message, stack] = [error.message, error.stack ?? ''].map((text) => text.slice(0, MOST_CHARACTERS / 2))
  try {
    writeSync(2, `\n${MARK}${JSON.stringify({ name: error.name, message, stack })}\n`)
  } catch {
    // The pipe is full or closed: the exit code is told all the same.
  }
}

/** What a child threw that nobody caught, out of the end of what it wrote. */
export function lastWordsIn(tail: string): Error | undefined {
  const line = tail.split('\n').findLast((text) => text.startsWith(MARK))
  if (line === undefined) return undefined
  try {
    const { name, message, stack } = JSON.parse(line.slice(MARK.length)) as Record<'name' | 'message' | 'stack', string>
    return Object.assign(new Error(message), { name, stack })
  } catch {
    return undefined
  }
}

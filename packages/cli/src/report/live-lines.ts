import { stripVTControlCharacters } from 'node:util'

const FRAME_MS = 80

/** Whether standard error is a terminal on which lines can be drawn over. */
export function isLive(): boolean {
  return process.stderr.isTTY && process.env.TERM !== 'dumb' && process.env.CI === undefined
}

/** Lines at the end of the terminal that are drawn over and over. */
export function createLiveLines(content: () => string[]) {
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

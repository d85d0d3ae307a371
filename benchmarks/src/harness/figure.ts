/** One measured figure: a row of docs/benchmarks.md. */
export interface Figure {
  /** What was measured; names the row. */
  what: string
  /** As the issue asks for it; empty where it is only reported. */
  target: string
  measured: string
  /** Undefined where there is no target. */
  met?: boolean
}

/** How a script is asked to measure. */
export interface Size {
  /** Few rounds and small inputs, to try the script itself. */
  quick: boolean
}

/** What every script in `figures/` exports. */
export type Measure = (size: Size) => Promise<readonly Figure[]>

/** A figure with a bound from above, as a multiple. */
export function atMost(what: string, limit: { bound: number; unit: string }, value: { number: number; detail?: string }): Figure {
  const { number, detail } = value
  const measured = `${format(number)} ${limit.unit}${detail === undefined ? '' : ` (${detail})`}`
  return { what, target: `<= ${limit.bound} ${limit.unit}`, measured, met: number <= limit.bound }
}

/** A figure with a bound from below. */
export function atLeast(what: string, limit: { bound: number; unit: string }, value: { number: number; detail?: string }): Figure {
  return { ...atMost(what, limit, value), target: `>= ${limit.bound} ${limit.unit}`, met: value.number >= limit.bound }
}

/** Three significant digits, no exponent. */
export function format(number: number): string {
  if (!Number.isFinite(number)) return String(number)
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number) || 1)))
  return number.toFixed(Math.min(digits, 3))
}

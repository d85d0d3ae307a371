import { setTimeout as delay } from 'node:timers/promises'
import { throwIfAborted } from '../../src/index.ts'

/** What the operations of one workshop did, and levers to hold them. */
export interface WorkLog {
  /** Runs by operation. */
  readonly runs: Map<string, number>
  /** Results that were made, by operation; for a sequence, items. */
  readonly order: string[]
  /** Values in work now, and the most there were. */
  inFlight: number
  peak: number
  /** Told of every run before it begins; it may wait or throw. */
  before: (operation: string, value: number | string, signal: AbortSignal) => Promise<void> | void
  /** Told of all pixels that a step makes. */
  made: (pixels: object) => void
  count(operation: string): number
  /** Counts since the last call. */
  taken(): Record<string, number>
}

export function createWorkLog(): WorkLog {
  const runs = new Map<string, number>()
  let last: Record<string, number> = {}
  return {
    runs,
    order: [],
    inFlight: 0,
    peak: 0,
    before: () => undefined,
    made: () => undefined,
    count: (operation) => runs.get(operation) ?? 0,
    taken() {
      const now = Object.fromEntries(runs)
      const since = Object.entries(now).map(([name, count]) => [name, count - (last[name] ?? 0)] as const)
      last = now
      return Object.fromEntries(since.filter(([, count]) => count > 0))
    },
  }
}

/** Counts a run of an operation and keeps it for as long as `before` says. */
export async function work<Result>(
  log: WorkLog,
  at: { operation: string; value: number | string; signal: AbortSignal },
  make: () => Result | Promise<Result>,
): Promise<Result> {
  throwIfAborted(at.signal)
  log.runs.set(at.operation, log.count(at.operation) + 1)
  log.order.push(`${at.operation} ${at.value}`)
  log.peak = Math.max(log.peak, ++log.inFlight)
  try {
    await log.before(at.operation, at.value, at.signal)
    const result = await make()
    const { output = result } = result as { output?: { data?: object } }
    if (output && typeof output === 'object' && 'data' in output && output.data) log.made(output.data)
    return result
  } finally {
    log.inFlight--
  }
}

/** Waits some turns of the event loop, so that many pages overtake each other. */
export async function jitter(random: () => number): Promise<void> {
  await delay(Math.floor(random() * 4))
}

/** Waits for ever, until it is aborted. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

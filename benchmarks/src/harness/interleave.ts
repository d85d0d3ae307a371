import { performance } from 'node:perf_hooks'

/** Medians of one variant over the rounds, in milliseconds; `cpu` counts every thread of this process. */
export interface Timing {
  wall: number
  cpu: number
  /** Every round's wall time, in order. */
  rounds: readonly number[]
}

/** The middle value; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN
}

/**
 * Runs variants A B C A B C …, so that a load that comes and goes meets all of them, and gives each one's medians. `before` is not timed.
 * The first `warm` rounds are thrown away.
 */
export async function interleave<Name extends string>(
  variants: Readonly<Record<Name, () => Promise<unknown>>>,
  options: { rounds: number; warm?: number; before?: () => Promise<void> },
): Promise<Record<Name, Timing>> {
  const { rounds, warm = 1, before } = options
  const names = Object.keys(variants) as Name[]
  const taken = new Map<Name, { wall: number[]; cpu: number[] }>(names.map((name) => [name, { wall: [], cpu: [] }]))
  for (let round = -warm; round < rounds; round++) {
    for (const name of names) {
      await before?.()
      const cpu = process.cpuUsage()
      const start = performance.now()
      await variants[name]()
      const wall = performance.now() - start
      const used = process.cpuUsage(cpu)
      if (round < 0) continue
      taken.get(name)?.wall.push(wall)
      taken.get(name)?.cpu.push((used.user + used.system) / 1000)
    }
  }
  const timings = [...taken].map(([name, { wall, cpu }]) => [name, { wall: median(wall), cpu: median(cpu), rounds: wall }])
  return Object.fromEntries(timings) as Record<Name, Timing>
}

import { availableParallelism, cpus, loadavg } from 'node:os'

/** The load of the last minute: what else the machine did. */
export const load = (): string => (loadavg()[0] ?? 0).toFixed(1)

/** The machine in words. */
export function machine(): string {
  return `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, ${process.platform}-${process.arch}`
}

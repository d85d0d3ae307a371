import { readFileSync } from 'node:fs'

/** `getconf CLK_TCK` is 100 on every Linux of our time. */
const TICKS_PER_SECOND = 100

/** Seconds of CPU that a process took while `work` ran. */
export async function cpuOf(pid: number, work: () => Promise<void>): Promise<number> {
  const before = ticksOf(pid)
  await work()
  return (ticksOf(pid) - before) / TICKS_PER_SECOND
}

function ticksOf(pid: number): number {
  // proc(5): the fields behind the name, which may hold spaces; utime and stime are the 14th and 15th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

/** Bytes that a process has, or had at its highest. */
export function memoryOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const [, kib = '0'] = new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}

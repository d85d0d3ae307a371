import { readdirSync, readFileSync } from 'node:fs'

/** `getconf CLK_TCK` is 100 on every Linux of our time. */
const TICKS_PER_SECOND = 100

/** Seconds of CPU that a process took while `work` ran. */
export async function cpuOf(pid: number, work: () => Promise<void>): Promise<number> {
  const before = cpuSecondsOf(pid)
  await work()
  return cpuSecondsOf(pid) - before
}

/** Seconds of CPU that a process has taken. */
export function cpuSecondsOf(pid: number): number {
  // proc(5): the fields behind the name, which may hold spaces; utime and stime are the 14th and 15th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** A process and its children. */
export function familyOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return [pid, ...all.map(Number).filter((other) => parentOf(other) === pid)]
}

function parentOf(pid: number): number {
  try {
    return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}

/** Bytes that a process has, or had at its highest. */
export function memoryOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const [, kib = '0'] = new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}

import { writeFile } from 'node:fs/promises'
import { familyOf, memoryOf } from './process.ts'

/** What a process and its children had at their highest, in bytes. */
export interface Peak {
  /** Of the process alone, as the system knows it. */
  readonly own: number
  /** Of all together, as it was seen 20 times a second. */
  readonly all: number
}

const LOOK_MS = 50

/** Memory above what a process and its children had before `work`, at its highest while that goes on. Needs /proc. */
export async function grownBy(pid: number, work: () => Promise<void>): Promise<Peak> {
  // proc(5), clear_refs: 5 makes what it has now its highest.
  await writeFile(`/proc/${pid}/clear_refs`, '5')
  const own = memoryOf(pid, 'VmRSS')
  const before = withChildren(pid)
  let all = before
  const timer = setInterval(() => {
    all = Math.max(all, withChildren(pid))
  }, LOOK_MS)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return { own: memoryOf(pid, 'VmHWM') - own, all: all - before }
}

function withChildren(pid: number): number {
  return familyOf(pid).reduce((sum, one) => sum + residentOf(one), 0)
}

/** A child may end between two looks. */
function residentOf(pid: number): number {
  try {
    return memoryOf(pid, 'VmRSS')
  } catch {
    return 0
  }
}

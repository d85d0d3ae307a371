import type { Job } from '@imagedoc/core'

interface Waiting {
  readonly job: Job
}

/** What waits, by priority and user: whoever had a turn goes behind all others of the same priority. */
export interface FairLines<Entry extends Waiting> {
  readonly size: number
  add(entry: Entry): void
  /** Takes out the next one that `can` says yes to. */
  next(can: (job: Job) => boolean): Entry | undefined
  /** False when it does not wait. */
  remove(entry: Entry): boolean
  clear(): Entry[]
}

export function createFairLines<Entry extends Waiting>(): FairLines<Entry> {
  /** Users in the order of their turns. */
  const lines: readonly Map<string, Entry[]>[] = [new Map(), new Map()]
  let size = 0
  const lineOf = ({ priority }: Job): Map<string, Entry[]> => lines[priority] as Map<string, Entry[]>
  return {
    get size() {
      return size
    },
    add(entry) {
      const line = lineOf(entry.job)
      const own = line.get(entry.job.user)
      if (own) own.push(entry)
      else line.set(entry.job.user, [entry])
      size++
    },
    next(can) {
      for (const line of lines) {
        for (const [user, entries] of line) {
          const at = entries.findIndex(({ job }) => can(job))
          const entry = entries[at]
          if (!entry) continue
          entries.splice(at, 1)
          line.delete(user)
          if (entries.length > 0) line.set(user, entries)
          size--
          return entry
        }
      }
      return undefined
    },
    remove(entry) {
      const line = lineOf(entry.job)
      const entries = line.get(entry.job.user) ?? []
      const at = entries.indexOf(entry)
      if (at < 0) return false
      entries.splice(at, 1)
      if (entries.length === 0) line.delete(entry.job.user)
      size--
      return true
    },
    clear() {
      const all = lines.flatMap((line) => [...line.values()].flat())
      for (const line of lines) line.clear()
      size = 0
      return all
    },
  }
}

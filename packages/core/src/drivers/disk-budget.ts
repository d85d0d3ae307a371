import { stat } from 'node:fs/promises'
import { removeFile } from './staging.ts'

/** A file that counts. */
export interface CountedFile {
  path: string
  /** On the disk. */
  bytes: number
  usedAt: Date
}

/** Keeps files within a number of bytes by removing those that were not used for longest. */
export interface DiskBudget {
  /** To be called after a write. The counting and removing that it may start go on behind it. */
  spend(bytes: number): void
  /** Resolves when nothing is being counted or removed. */
  settled(): Promise<void>
}

/** Other processes write too, and only a count sees it. */
const COUNT_EVERY_MS = 15 * 60 * 1000

/** What is left after a removal, so that it happens once in a while and not at every write. */
const REMAINING = 0.9

/** The truth is on the disk: it is counted at the first write, when this process has used the budget up, and every quarter of an hour of writing. */
export function createDiskBudget(maxBytes: number, list: () => AsyncIterable<CountedFile>): DiskBudget {
  let known = Number.POSITIVE_INFINITY
  let countedAt = 0
  let counting: Promise<void> | undefined
  let spentMeanwhile = 0

  async function count(): Promise<void> {
    spentMeanwhile = 0
    const kept = await keepWithin(maxBytes, list)
    known = kept + spentMeanwhile
    countedAt = performance.now()
  }

  return {
    spend(bytes) {
      known += bytes
      spentMeanwhile += bytes
      if (counting || (known <= maxBytes && performance.now() - countedAt < COUNT_EVERY_MS)) return
      // What fails here (a folder that cannot be read) is tried again at the next write.
      counting = count()
        .catch(() => {})
        .finally(() => {
          counting = undefined
        })
    },
    settled: async () => counting,
  }
}

async function keepWithin(maxBytes: number, list: () => AsyncIterable<CountedFile>): Promise<number> {
  const files: CountedFile[] = []
  let total = 0
  for await (const file of list()) {
    files.push(file)
    total += file.bytes
  }
  if (total <= maxBytes) return total
  files.sort((a, b) => a.usedAt.getTime() - b.usedAt.getTime())
  for (const { path, bytes, usedAt } of files) {
    if (total <= maxBytes * REMAINING) break
    const now = await stat(path).catch(() => undefined)
    // Used since it was listed: not the oldest any more. Both as whole milliseconds: `mtimeMs` has a fraction.
    if (now && now.mtime.getTime() > usedAt.getTime()) continue
    await removeFile(path)
    total -= bytes
  }
  return total
}

// A thread inside a child that goes on when the main thread computes without yielding: it ends the child when it needs too much memory
// or when its parent is gone.
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { MEMORY_MARK } from './memory-mark.ts'
import { removeOwnFolder } from './temporary-folder.ts'

const INTERVAL_MS = 100

const { parent, limit } = workerData as { parent: number; limit: BigInt64Array }

setInterval(() => {
  // An orphan is adopted by another process.
  if (process.ppid !== parent) {
    removeOwnFolder()
    die()
  }
  // V8's own limit knows nothing of buffers, WASM and native memory; the resident set holds them all.
  const allowed = Number(Atomics.load(limit, 0))
  if (allowed > 0 && process.memoryUsage.rss() > allowed) {
    writeSync(2, `${MEMORY_MARK}\n`)
    die()
  }
}, INTERVAL_MS)

function die(): void {
  try {
    // The child leads a group of its own: what an engine has started goes, too.
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    process.kill(process.pid, 'SIGKILL')
  }
}

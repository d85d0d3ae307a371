import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const PREFIX = 'imagedoc-worker-'

/** A folder of a worker's own: its parent removes it, because a worker that was killed cannot. */
export function createTemporaryFolder(): { path: string; remove(): Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), PREFIX))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => {}) }
}

/** What an orphaned child does in the place of its parent: in a child the system's temporary folder is its own. */
export function removeOwnFolder(): void {
  if (basename(tmpdir()).startsWith(PREFIX)) rmSync(tmpdir(), { recursive: true, force: true })
}

import { rmSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from './make-folder.ts'
import { unwritable } from './unwritable.ts'

const unfinished = new Set<string>()
let count = 0

// A second Ctrl-C ends the process at once: half a file must not stay behind.
process.on('exit', () => {
  for (const path of unfinished) rmSync(path, { force: true })
})

export interface WriteOptions {
  /** Who may read it, as `chmod` counts. @default 0o666 less the process's umask */
  readonly mode?: number
}

/**
 * Writes a file so that a reader sees either the old one or the whole new one. Makes the folders above it.
 * @throws OUTPUT_UNWRITABLE
 */
export async function writeWhole(path: string, content: string | Uint8Array, { mode = 0o666 }: WriteOptions = {}): Promise<void> {
  const beside = join(dirname(path), `.imagedoc-${process.pid}-${++count}.tmp`)
  unfinished.add(beside)
  try {
    await makeFolder(dirname(path))
    const handle = await open(beside, 'wx', mode)
    try {
      await handle.writeFile(content)
    } finally {
      await handle.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined)
    throw unwritable(path, error)
  } finally {
    unfinished.delete(beside)
  }
}

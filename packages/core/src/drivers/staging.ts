import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A writer that is alive touches its file; what nobody touched for a day belongs to a process that died. */
const LEFTOVER_MS = 24 * 60 * 60 * 1000
const SWEEP_EVERY_MS = 60 * 60 * 1000

/** Where files are written before they get their name, so that a reader never sees half of one. */
export interface Staging {
  /**
   * Gives `fill` a fresh file and moves it to the path that `fill` answers with, replacing what is there. When `fill` throws, nothing is kept.
   * `durable`: on the disk, not only in the system's memory, before it resolves.
   */
  write(fill: (handle: FileHandle) => Promise<string>, options?: { durable?: boolean }): Promise<void>
}

/** `folder` must be on the same file system as the targets: only there is a rename atomic. */
export function createStaging(folder: string): Staging {
  let sweptAt = Number.NEGATIVE_INFINITY
  return {
    async write(fill, { durable = false } = {}) {
      if (performance.now() - sweptAt > SWEEP_EVERY_MS) {
        sweptAt = performance.now()
        await sweepLeftovers(folder)
      }
      const path = join(folder, `${process.pid}-${randomUUID()}`)
      const handle = await openIn(folder, path)
      try {
        const target = await fill(handle)
        if (durable) await handle.sync()
        await handle.close()
        await renameInto(path, target)
        if (durable) await syncFolder(dirname(target))
      } catch (error) {
        await handle.close()
        await removeFile(path)
        throw error
      }
    },
  }
}

/** Deleting what is not there is no error. Gives whether it was there. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** True for the error of a file, or of a folder above it, that does not exist. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The names in a folder, sorted; none when it does not exist. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** The system's code of an error, for example `ENOSPC`: its message would show host paths. */
export function systemCode(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? (error instanceof Error ? error.name : 'an unknown error')
}

/** Makes a name just created in `folder` survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and needs no such call.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function openIn(folder: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx')
  } catch (error) {
    if (!isMissing(error)) throw error
    await mkdir(folder, { recursive: true })
    return open(path, 'wx')
  }
}

async function renameInto(path: string, target: string): Promise<void> {
  try {
    await rename(path, target)
  } catch (error) {
    if (!isMissing(error)) throw error
    await mkdir(dirname(target), { recursive: true })
    await rename(path, target)
  }
}

async function sweepLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const before = Date.now() - LEFTOVER_MS
  for (const name of names) {
    const path = join(folder, name)
    const info = await stat(path).catch(() => undefined)
    // Another process may sweep the same folder; whatever stands in the way here is tried again within the hour.
    if (info && info.mtimeMs < before) await removeFile(path).catch(() => false)
  }
}

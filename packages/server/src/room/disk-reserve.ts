import { randomBytes } from 'node:crypto'
import { statSync, unlinkSync } from 'node:fs'
import { open, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'

/** What the database needs to delete thousands of rows: its log of writes grows before the rows go. Of a small disk, this share of it. */
const MOST_BYTES = 32 * 2 ** 20
const SHARE = 1 / 16
const PIECE_BYTES = 2 ** 20

/** A file that takes room on a disk so that there is some when the disk is full. */
export interface DiskReserve {
  readonly bytes: number
  isHeld(): boolean
  /** What is free beside it, in bytes. */
  free(): Promise<number>
  /** Makes the file when it is not there; false when there is no room for it. */
  hold(): Promise<boolean>
  /** Gives the room back to the disk, at once; false when there is none to give. */
  release(): boolean
}

/** The reserve of the disk that the folder is on: `<folder>/reserve`. */
export async function openDiskReserve(folder: string): Promise<DiskReserve> {
  const path = join(folder, 'reserve')
  const { blocks, bsize } = await statfs(folder)
  const bytes = Math.floor(Math.min(MOST_BYTES, blocks * bsize * SHARE))
  const isHeld = (): boolean => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= bytes
  return {
    bytes,
    isHeld,
    async free() {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    },
    async hold() {
      if (isHeld()) return true
      const beside = `${path}.new`
      try {
        await fill(beside, bytes)
        await rename(beside, path)
        return true
      } catch {
        await rm(beside, { force: true }).catch(() => undefined)
        return false
      }
    },
    release() {
      try {
        unlinkSync(path)
        return true
      } catch {
        return false
      }
    },
  }
}

/** Random: a file system that compresses would keep no room for zeros. */
async function fill(path: string, bytes: number): Promise<void> {
  const piece = randomBytes(PIECE_BYTES)
  await using handle = await open(path, 'w', 0o600)
  for (let at = 0; at < bytes; at += piece.length) await handle.writeFile(piece.subarray(0, Math.min(piece.length, bytes - at)))
  await handle.sync()
}

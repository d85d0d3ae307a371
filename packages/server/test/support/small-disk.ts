import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** A disk of its own, which can be filled. */
export interface SmallDisk extends Disposable {
  /** A folder on it. */
  readonly folder: string
  /** Another program writes until nothing more fits. */
  fill(): void
  /** And removes what it wrote. */
  empty(): void
}

const PIECE = Buffer.alloc(64 * 1024, 0x55)

/** A file system in memory. @throws where this process may not mount one */
export function mountDisk(mebibytes = 64): SmallDisk {
  const at = mkdtempSync(join(tmpdir(), 'imagedoc-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', at], { stdio: 'pipe' })
  } catch (error) {
    rmSync(at, { recursive: true })
    throw error
  }
  const folder = join(at, 'data')
  const ballast = join(at, 'ballast')
  mkdirSync(folder)
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'a')
      for (let bytes = PIECE.length; bytes > 0; ) bytes = wrote(file, bytes) ? bytes : Math.floor(bytes / 2)
      closeSync(file)
    },
    empty: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]() {
      execFileSync('umount', ['--lazy', at], { stdio: 'pipe' })
      rmSync(at, { recursive: true })
    },
  }
}

function wrote(file: number, bytes: number): boolean {
  try {
    return writeSync(file, PIECE, 0, bytes) === bytes
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}

/** How a title says that tests are skipped, and why. */
export const noDisk = whyNot()

function whyNot(): string | undefined {
  try {
    mountDisk(1)[Symbol.dispose]()
    return undefined
  } catch (error) {
    return `skipped: no file system can be mounted here (${String((error as Error).message).split('\n')[0]}); run the tests as root on Linux`
  }
}

/** To be called in a file that needs one: in CI it can be mounted. */
export function requireDisk(): void {
  if (process.env['IMAGEDOC_REQUIRE_DRIVERS'] !== '1' || !noDisk) return
  it('has a small disk to test with', () => expect.fail(`IMAGEDOC_REQUIRE_DRIVERS=1, but ${noDisk}`))
}

import { closeSync, openSync, readSync, unlinkSync, write } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { releaseBytes } from '@imagedoc/core'

/** The bytes of a PDF, wherever they lie. */
export interface PdfFile {
  readonly size: number
  /** Fills `into` with the bytes from `position` on. @throws when the file does not have as many, or cannot be read */
  read(position: number, into: Uint8Array): void
  close(): void
}

/** Larger ones are read from a file: pages are taken out one by one, and a book of scans has hundreds of MB. */
const HELD_BYTES = 16 * 1024 ** 2

const writeSome = promisify(write)

/** A PDF in a file that is there already. */
export function openFile(path: string, size: number): PdfFile {
  return onDisk(openSync(path, 'r'), size)
}

/** A PDF that is held while its pages are read. */
export interface HeldFile extends PdfFile {
  /** Resolves when the bytes are where they stay. */
  readonly placed: Promise<void>
}

/** PDFium reads a file's structure in pieces of 512 bytes. */
const BLOCK_BYTES = 32 * 1024

/**
 * Holds a PDF while its pages are read: in memory, or when it is large in a file of the folder that `tmp` gives. The file has no name (where the system
 * can do that), so that nothing of it stays behind. Until it is written the bytes are read from memory: opening and the first pages wait for no disk.
 */
export function holdFile(bytes: Uint8Array, tmp: () => string, heldBytes = HELD_BYTES): HeldFile {
  if (bytes.length <= heldBytes) return { ...inMemory(bytes), placed: Promise.resolve() }
  try {
    return moving(bytes, writeOut(openNameless(join(tmp(), 'document.pdf')), bytes))
  } catch {
    // No file can be made: memory still serves.
    return { ...inMemory(bytes), placed: Promise.resolve() }
  }
}

/** In memory until the file is written; for good when the disk is full. */
function moving(bytes: Uint8Array, written: Promise<PdfFile>): HeldFile {
  const size = bytes.length
  let file = inMemory(bytes)
  let closed = false
  const placed = written.then(
    (disk) => {
      // Closed before: the document may have to be repaired, for which its bytes are needed.
      if (closed) return disk.close()
      file = disk
      releaseBytes(bytes)
    },
    () => undefined,
  )
  return {
    placed,
    size,
    read: (position, into) => file.read(position, into),
    close() {
      closed = true
      file.close()
    },
  }
}

function inMemory(bytes: Uint8Array): PdfFile {
  return {
    size: bytes.length,
    read(position, into) {
      if (position + into.length > bytes.length) throw beyond()
      into.set(bytes.subarray(position, position + into.length))
    },
    close() {},
  }
}

function openNameless(path: string): number {
  const handle = openSync(path, 'wx+', 0o600)
  try {
    unlinkSync(path)
  } catch {
    // Not while it is open on this system: the folder is removed with the step.
  }
  return handle
}

async function writeOut(handle: number, bytes: Uint8Array): Promise<PdfFile> {
  const size = bytes.length
  try {
    for (let done = 0; done < size; ) done += (await writeSome(handle, bytes, done, size - done, done)).bytesWritten
    return onDisk(handle, size)
  } catch (error) {
    closeSync(handle)
    throw error
  }
}

function onDisk(handle: number, size: number): PdfFile {
  const fill = (position: number, into: Uint8Array): void => {
    if (position + into.length > size) throw beyond()
    for (let done = 0; done < into.length; ) {
      const count = readSync(handle, into, done, into.length - done, position + done)
      if (count === 0) throw beyond()
      done += count
    }
  }
  const block = new Uint8Array(2 * BLOCK_BYTES)
  let held = { from: 0, end: 0 }
  return {
    size,
    read(position, into) {
      if (into.length > BLOCK_BYTES) return fill(position, into)
      if (position + into.length > size) throw beyond()
      if (position < held.from || position + into.length > held.end) {
        const from = position - (position % BLOCK_BYTES)
        const end = Math.min(from + block.length, size)
        held = { from: 0, end: 0 }
        fill(from, block.subarray(0, end - from))
        held = { from, end }
      }
      into.set(block.subarray(position - held.from, position - held.from + into.length))
    },
    close: () => closeSync(handle),
  }
}

const beyond = (): Error => new Error('The file has no such bytes.')

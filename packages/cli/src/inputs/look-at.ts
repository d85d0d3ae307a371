import type { Stats } from 'node:fs'
import { readlink, stat } from 'node:fs/promises'

/** What is at a path: a file, a folder, or neither, with why it cannot be taken. */
export type Seen = 'file' | 'folder' | { readonly why: string }

/** Of a path where nothing is. */
export const GONE = 'is gone'

/** Follows links to files. Opens nothing: a pipe would never come back. */
export async function lookAt(path: string): Promise<Seen> {
  try {
    const found = await stat(path)
    if (found.isFile()) return 'file'
    return found.isDirectory() ? 'folder' : { why: `is ${neither(found)}, not a file` }
  } catch (error) {
    return { why: await whyNot(path, error as NodeJS.ErrnoException) }
  }
}

/** Why a file or folder cannot be read, behind its name. */
export function unreadable({ code }: NodeJS.ErrnoException): string {
  return code === 'EACCES' || code === 'EPERM' ? 'cannot be read: permission is denied' : `cannot be read: the system says ${code ?? 'no'}`
}

async function whyNot(path: string, error: NodeJS.ErrnoException): Promise<string> {
  if (error.code === 'ELOOP') return 'is a link that leads in a circle'
  if (error.code !== 'ENOENT') return unreadable(error)
  const target = await readlink(path).catch(() => undefined)
  return target === undefined ? GONE : `is a link to ${target}, which does not exist`
}

function neither(found: Stats): string {
  if (found.isFIFO()) return 'a pipe'
  if (found.isSocket()) return 'a socket'
  return found.isBlockDevice() || found.isCharacterDevice() ? 'a device' : 'something else'
}

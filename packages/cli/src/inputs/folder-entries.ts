import { isUtf8 } from 'node:buffer'
import { readdir } from 'node:fs/promises'
import { naturalOrder } from './natural-order.ts'

/** One name in a folder. */
export interface FolderEntry {
  readonly name: string
  readonly isFolder: boolean
  /** The name's bytes are no UTF-8: no path can be made of it, and `name` shows them as `\xe9`. */
  readonly isForeign: boolean
}

/** The names in a folder in natural order, read as bytes: as text those of older systems would become names that are not there. */
export async function folderEntries(folder: string): Promise<FolderEntry[]> {
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' })
  return entries
    .map((entry) => {
      const isForeign = !isUtf8(entry.name)
      return { name: isForeign ? withBytes(entry.name) : entry.name.toString(), isFolder: entry.isDirectory(), isForeign }
    })
    .sort((a, b) => naturalOrder(a.name, b.name))
}

/** UTF-8 where it is, and the other bytes written out. */
function withBytes(name: Buffer): string {
  let text = ''
  for (let at = 0; at < name.length; ) {
    const length = [1, 2, 3, 4].find((bytes) => at + bytes <= name.length && isUtf8(name.subarray(at, at + bytes)))
    text += length === undefined ? `\\x${(name[at] as number).toString(16).padStart(2, '0')}` : name.toString('utf8', at, at + length)
    at += length ?? 1
  }
  return text
}

import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { writeWhole } from '../outputs/write-file.ts'

/** Longer than a server keeps an upload. */
const KEPT_MS = 7 * 86_400_000

/** What is remembered of an upload until there is a document of it, so that another process can go on. */
interface Remembered {
  /** The server's id of the upload, once it has one. */
  readonly upload?: string
  /** So that there is one document, whatever happens between its making and the answer. */
  readonly idempotencyKey: string
}

/** A file on its way to a collection. */
export interface UnfinishedUpload extends Remembered {
  remember(upload: string): Promise<void>
  forget(): Promise<void>
}

export interface UploadTarget {
  /** Where notes on unfinished uploads lie. */
  readonly folder: string
  readonly server: string
  /** Its id. */
  readonly collection: string
  /** As the user names it: one that was made for nothing and removed has another id when the command is given again. */
  readonly named: string
}

/** The upload of this file to this collection, begun or not. One of a file that was changed since is another one. */
export async function unfinishedUpload(file: string, { folder, server, named }: UploadTarget): Promise<UnfinishedUpload> {
  const path = resolve(file)
  // A file that is not there is the upload's to report.
  const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }))
  const key = createHash('sha256')
    .update(JSON.stringify([server, named, path, size, mtimeMs]))
    .digest('hex')
  const note = join(folder, `${key}.json`)
  const found = (await readNote(note)) ?? { idempotencyKey: randomUUID() }
  return {
    ...found,
    // The server's id of an upload lets nobody but its user in; still it is nobody else's business.
    remember: (upload) => writeWhole(note, JSON.stringify({ ...found, upload }), { mode: 0o600 }),
    forget: () => rm(note, { force: true }),
  }
}

/** Removes notes on uploads that no server has any more. */
export async function removeOldNotes(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > KEPT_MS) await rm(join(folder, name), { force: true })
  }
}

async function readNote(path: string): Promise<Remembered | undefined> {
  try {
    const { upload, idempotencyKey } = JSON.parse(await readFile(path, 'utf8')) as Partial<Remembered>
    return typeof idempotencyKey === 'string' ? { idempotencyKey, ...(typeof upload === 'string' ? { upload } : {}) } : undefined
  } catch {
    return undefined
  }
}

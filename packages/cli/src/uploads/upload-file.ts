import { join, resolve } from 'node:path'
import { readEnvironment } from '../configuration/environment.ts'
import type { TransferReporter } from '../report/transfer-reporter.ts'
import type { Client } from '../server/connect.ts'
import { removeOldNotes, type UploadTarget, unfinishedUpload } from './unfinished-upload.ts'

export interface Upload {
  readonly client: Client
  readonly target: UploadTarget
  readonly reporter: Pick<TransferReporter, 'progress'>
  /** Files that are cut off are taken. */
  readonly acceptDamaged: boolean
  readonly signal: AbortSignal
}

/** Where the files of a collection go, and where it is remembered how far each came. */
export async function uploadTarget(place: Omit<UploadTarget, 'folder'>): Promise<UploadTarget> {
  const folder = join(resolve(readEnvironment().cacheDir), 'uploads')
  await removeOldNotes(folder)
  return { folder, ...place }
}

/** A file as a document of the collection; goes on where an earlier try was interrupted. */
export async function uploadFile(
  { input, path }: { input: string; path: string },
  { client, target, reporter, acceptDamaged, signal }: Upload,
): Promise<{ document: string }> {
  const unfinished = await unfinishedUpload(path, target)
  let remembering: Promise<void> = Promise.resolve()
  try {
    const document = await client.uploadDocument(path, {
      collection_id: target.collection,
      acceptDamaged,
      idempotencyKey: `${unfinished.idempotencyKey}.${target.collection}`,
      resumeFrom: unfinished.upload,
      onCreated: (id) => {
        // Without the note an interrupted upload begins anew: that is no reason to fail.
        remembering = unfinished.remember(id).catch(() => undefined)
      },
      onProgress: (progress) => reporter.progress(input, progress),
      signal,
    })
    await remembering
    await unfinished.forget()
    return { document: document.id }
  } finally {
    await remembering
  }
}

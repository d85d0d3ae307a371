import { join, resolve } from 'node:path'
import { readEnvironment } from '../configuration/environment.ts'
import type { TransferReporter } from '../report/transfer-reporter.ts'
import type { Client } from './connect.ts'
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
export async function uploadTarget(server: string, collection: string): Promise<UploadTarget> {
  const folder = join(resolve(readEnvironment().cacheDir), 'uploads')
  await removeOldNotes(folder)
  return { folder, server, collection }
}

/** A file as a document of the collection; goes on where an earlier try was interrupted. */
export async function uploadFile(file: string, { client, target, reporter, acceptDamaged, signal }: Upload): Promise<{ document: string }> {
  const unfinished = await unfinishedUpload(file, target)
  let remembering: Promise<void> = Promise.resolve()
  try {
    const document = await client.uploadDocument(file, {
      collection_id: target.collection,
      acceptDamaged,
      idempotencyKey: unfinished.idempotencyKey,
      resumeFrom: unfinished.upload,
      onCreated: (id) => {
        // Without the note an interrupted upload begins anew: that is no reason to fail.
        remembering = unfinished.remember(id).catch(() => undefined)
      },
      onProgress: (progress) => reporter.progress(file, progress),
      signal,
    })
    await remembering
    await unfinished.forget()
    return { document: document.id }
  } finally {
    await remembering
  }
}

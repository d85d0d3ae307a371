import { basename } from 'node:path'
import type { Digest } from '@imagedoc/core'
import type { TransferOutcome } from '../batch/transfer-summary.ts'
import { fileDigest } from '../outputs/file-digest.ts'
import { findByDigest } from './find-by-digest.ts'
import { unfinishedUpload } from './unfinished-upload.ts'
import { type Upload, uploadFile } from './upload-file.ts'

interface LocalFile {
  /** As the user wrote it. */
  readonly input: string
  /** Absolute. */
  readonly path: string
}

/** Uploads files by their content: one that the collection has, or that this command has uploaded under another name, is not sent again. */
export function createUploadOnce(upload: Upload): (file: LocalFile) => Promise<TransferOutcome> {
  const begun = new Map<Digest, { input: string; outcome: Promise<TransferOutcome> }>()
  return async (file) => {
    const digest = await fileDigest(file.path, upload)
    // A file that is not there, or cannot be read, is the upload's to report.
    if (digest === undefined) return uploadFile(file, upload)
    const first = begun.get(digest)
    // Nothing is awaited between the look and the note below it: of two equal files at a time only one is the first.
    const document = first && (await documentOf(first.outcome))
    if (first && document !== undefined) return { status: 'there', document, sameAs: first.input }
    const outcome = findOrUpload(file, digest, upload)
    begun.set(digest, { input: file.input, outcome })
    return outcome
  }
}

/** Undefined where it failed: the second file is then tried by itself. */
function documentOf(outcome: Promise<TransferOutcome>): Promise<string | undefined> {
  return outcome.then(
    ({ document }) => document,
    () => undefined,
  )
}

async function findOrUpload(file: LocalFile, digest: Digest, upload: Upload): Promise<TransferOutcome> {
  const { client, target, signal } = upload
  const found = await findByDigest(client, { collection: target.collection, digest, signal })
  const there = found.find(({ title }) => title === basename(file.path)) ?? found[0]
  if (!there) return uploadFile(file, upload)
  // The answer of an earlier upload may have been lost on the way.
  await (await unfinishedUpload(file.path, target)).forget()
  return { status: 'there', document: there.id, title: there.title }
}

import { join, resolve } from 'node:path'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { transferAll } from '../batch/transfers.ts'
import { readEnvironment } from '../configuration/environment.ts'
import type { TransferReporter } from '../report/transfer-reporter.ts'
import { serverAddress } from '../server/address.ts'
import { type Client, connect } from '../server/connect.ts'
import { findCollection } from '../server/find-collection.ts'
import { tokenFor } from '../server/known-servers.ts'
import { runTransfers, transferJobs } from '../server/transfer-command.ts'
import { removeOldNotes, type UploadTarget, unfinishedUpload } from '../server/unfinished-upload.ts'

/** `imagedoc upload`. */
export async function upload({ values, positionals }: Parsed<'upload'>): Promise<number> {
  const server = serverAddress('upload', values.server)
  const jobs = transferJobs('upload', values.jobs)
  const { collection: named, create = false } = values
  if (named === undefined) throw new UsageError('upload needs a collection: --collection ID|TITLE.', 'See imagedoc upload --help.')
  return runTransfers(values, async ({ reporter, signal }) => {
    const client = await connect(server, await tokenFor(server))
    const collection = await findCollection(client, { named, create, signal })
    const folder = join(resolve(readEnvironment().cacheDir), 'uploads')
    await removeOldNotes(folder)
    const target = { folder, server, collection }
    const transfer = ({ input }: { input: string }) => uploadFile(input, { client, target, reporter, signal })
    return transferAll(eachOnce(positionals), { jobs, signal, reporter, transfer })
  })
}

interface Upload {
  readonly client: Client
  readonly target: UploadTarget
  readonly reporter: TransferReporter
  readonly signal: AbortSignal
}

async function uploadFile(file: string, { client, target, reporter, signal }: Upload): Promise<{ document: string }> {
  const unfinished = await unfinishedUpload(file, target)
  let remembering: Promise<void> = Promise.resolve()
  try {
    const document = await client.uploadDocument(file, {
      collection_id: target.collection,
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

/** A file that is named twice is one document. */
function eachOnce(files: readonly string[]): { input: string }[] {
  return [...new Map(files.map((file) => [resolve(file), { input: file }])).values()]
}

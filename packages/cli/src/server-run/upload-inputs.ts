import { basename } from 'node:path'
import { ImageDocError } from '@imagedoc/core'
import type { TransferSummary } from '../batch/transfer-summary.ts'
import { transferAll } from '../batch/transfers.ts'
import { fileDigest } from '../outputs/file-digest.ts'
import { createTransferReporter } from '../report/transfer-reporter.ts'
import type { Client } from '../server/connect.ts'
import type { FoundCollection } from '../server/find-collection.ts'
import { findByDigest } from '../uploads/find-by-digest.ts'
import { uploadFile, uploadTarget } from '../uploads/upload-file.ts'
import type { Found, ServerDocument } from './inputs-at-server.ts'

export interface Uploads {
  readonly server: string
  /** Undefined when the user named none. */
  readonly collection: FoundCollection | undefined
  readonly jobs: number
  readonly values: { readonly damaged?: boolean; readonly json?: boolean; readonly quiet?: boolean; readonly collection?: string }
  readonly signal: AbortSignal
}

/** An argument with its document, or why there is none. */
export interface Uploaded {
  readonly input: string
  /** The file on this machine. */
  readonly path?: string
  readonly document?: Pick<ServerDocument, 'id' | 'title'>
  readonly failure?: TransferSummary
}

/**
 * Brings the files among the inputs to the collection. One that is there already, of the same name and with the same bytes, is not sent again: a command
 * that is given a second time makes no second document.
 * @throws USAGE when there are files and no collection
 */
export async function uploadInputs(client: Client, found: readonly Found[], uploads: Uploads): Promise<Uploaded[]> {
  const files = [...new Map(found.flatMap((one) => ('path' in one ? [[one.path, one] as const] : []))).values()]
  const sent = files.length === 0 ? new Map<string, Uploaded>() : await sendAll(client, files, uploads)
  return found.map((one) => ('document' in one ? one : (sent.get(one.path) ?? { input: one.input })))
}

async function sendAll(
  client: Client,
  files: readonly { input: string; path: string }[],
  { server, collection, jobs, values, signal }: Uploads,
): Promise<Map<string, Uploaded>> {
  if (collection === undefined)
    throw new ImageDocError(
      'USAGE',
      `${files[0]?.input} is a file on this machine: name the collection that it is uploaded to, --collection ID|TITLE.`,
    )
  const target = await uploadTarget({ server, collection: collection.id, named: values.collection ?? collection.id })
  const sent = new Map<string, Uploaded>()
  for (const { input, path } of files) {
    const document = await documentAs(client, path, { collection: collection.id, signal })
    if (document) sent.set(path, { input, path, document })
  }
  const missing = files.filter(({ path }) => !sent.has(path))
  const reporter = createTransferReporter({ ...values, done: 'uploaded' })
  const acceptDamaged = values.damaged ?? false
  const transfer = (file: { input: string; path: string }) => uploadFile(file, { client, target, reporter, acceptDamaged, signal })
  const summaries = await transferAll(missing, { jobs, signal, reporter, transfer })
  // The failed ones are told with the runs' at the end, whose summary is the last line of --json.
  if (!values.json) reporter.end({ type: 'summary', inputs: [] })
  for (const [index, { path }] of missing.entries()) sent.set(path, uploadedOf(summaries[index] as TransferSummary, path))
  return sent
}

function uploadedOf(summary: TransferSummary, path: string): Uploaded {
  const { input, document } = summary
  return document === undefined ? { input, path, failure: summary } : { input, path, document: { id: document, title: basename(path) } }
}

/** The document of the file's name and content, where the collection has one. */
async function documentAs(
  client: Client,
  path: string,
  { collection, signal }: { collection: string; signal: AbortSignal },
): Promise<ServerDocument | undefined> {
  const digest = await fileDigest(path, { signal })
  const found = digest === undefined ? [] : await findByDigest(client, { collection, digest, signal })
  return found.find(({ title }) => title === basename(path))
}

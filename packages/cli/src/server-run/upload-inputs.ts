import { basename } from 'node:path'
import { ImageDocError } from '@imagedoc/core'
import { type TransferSummary, transferAll } from '../batch/transfers.ts'
import { fileDigest } from '../outputs/file-digest.ts'
import { createTransferReporter } from '../report/transfer-reporter.ts'
import type { Client } from '../server/connect.ts'
import { uploadFile, uploadTarget } from '../server/upload-file.ts'
import type { Found, ServerDocument } from './inputs-at-server.ts'

const PAGE = 100

export interface Uploads {
  readonly server: string
  /** Undefined when the user named none. */
  readonly collection: string | undefined
  readonly jobs: number
  readonly values: { readonly damaged?: boolean; readonly json?: boolean; readonly quiet?: boolean }
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
  const target = await uploadTarget(server, collection)
  const known = await knownDocuments(client, collection, signal)
  const sent = new Map<string, Uploaded>()
  for (const { input, path } of files) {
    const id = known.get(identity(basename(path), (await fileDigest(path)) ?? ''))
    if (id !== undefined) sent.set(path, { input, path, document: { id, title: basename(path) } })
  }
  const missing = files.filter(({ path }) => !sent.has(path))
  const reporter = createTransferReporter({ ...values, done: 'uploaded' })
  const transfer = ({ input }: { input: string }) =>
    uploadFile(input, { client, target, reporter, acceptDamaged: values.damaged ?? false, signal })
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

async function knownDocuments(client: Client, collection_id: string, signal: AbortSignal): Promise<Map<string, string>> {
  const known = new Map<string, string>()
  let after: string | undefined
  do {
    const page: Awaited<ReturnType<Client['documents']['list']>> = await client.documents.list(
      { collection_id, limit: PAGE, after },
      { signal },
    )
    for (const { id, title, original } of page.items) known.set(identity(title, original.digest), id)
    after = page.next ?? undefined
  } while (after !== undefined)
  return known
}

const identity = (title: string, digest: string): string => `${digest} ${title}`

import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import type { TransferSummary, TransfersSummary } from '../batch/transfer-summary.ts'
import { transferAll } from '../batch/transfers.ts'
import { passedOverNotes } from '../inputs/passed-over.ts'
import type { TransferReporter } from '../report/transfer-reporter.ts'
import { serverAddress } from '../server/address.ts'
import { type Client, connect } from '../server/connect.ts'
import { findCollection } from '../server/find-collection.ts'
import { tokenFor } from '../server/known-servers.ts'
import { runTransfers, transferJobs } from '../server/transfer-command.ts'
import { unlessEmpty } from '../server/unless-empty.ts'
import { filesToUpload, type UploadItem } from '../uploads/files-to-upload.ts'
import { uploadTarget } from '../uploads/upload-file.ts'
import { createUploadOnce } from '../uploads/upload-once.ts'

/** `imagedoc upload`. */
export async function upload({ values, positionals }: Parsed<'upload'>): Promise<number> {
  const server = serverAddress('upload', values.server)
  const jobs = transferJobs('upload', values.jobs)
  const { collection: named, create = false } = values
  if (named === undefined) throw new UsageError('upload needs a collection: --collection ID|TITLE.', 'See imagedoc upload --help.')
  return runTransfers({ ...values, total: totalInWords }, async ({ reporter, signal }) => {
    const client = await connect(server, await tokenFor(server))
    const { items, passedOver } = await filesToUpload(positionals)
    for (const note of passedOverNotes(passedOver)) reporter.note(note)
    const inputs = await uploadAll(items, { client, server, named, create, jobs, acceptDamaged: values.damaged ?? false, reporter, signal })
    return { inputs, ...(passedOver.length === 0 ? {} : { passedOver: passedOver.map(({ shown, why }) => ({ input: shown, why })) }) }
  })
}

interface Uploading {
  readonly client: Client
  readonly server: string
  /** The collection, by its id or its title. */
  readonly named: string
  readonly create: boolean
  readonly jobs: number
  readonly acceptDamaged: boolean
  readonly reporter: TransferReporter
  readonly signal: AbortSignal
}

async function uploadAll(
  items: readonly UploadItem[],
  { client, server, named, create, jobs, acceptDamaged, reporter, signal }: Uploading,
): Promise<TransferSummary[]> {
  // No collection is looked for, or made, where there is nothing for it.
  const refused = items.filter((item) => 'failure' in item)
  if (refused.length === items.length) return transferAll(refused, { jobs, signal, reporter, transfer: refuse })
  const collection = await findCollection(client, { named, create, signal })
  const target = await uploadTarget({ server, collection: collection.id, named })
  const uploadOnce = createUploadOnce({ client, target, reporter, acceptDamaged, signal })
  const transfer = (item: UploadItem) => ('path' in item ? uploadOnce(item) : refuse(item))
  return unlessEmpty({ client, collection, note: reporter.note }, () => transferAll(items, { jobs, signal, reporter, transfer }))
}

function refuse({ failure }: Extract<UploadItem, { failure: unknown }>): Promise<never> {
  return Promise.reject(failure)
}

/** `2 uploaded, 1 already there, 3 passed over, 1 failed.`; nothing where the line of the only file says it all. */
function totalInWords({ inputs, passedOver = [] }: TransfersSummary): string | undefined {
  if (inputs.length + passedOver.length < 2) return undefined
  const number = (wanted: TransferSummary['status']): number => inputs.filter(({ status }) => status === wanted).length
  const parts = [
    [number('done'), 'uploaded'],
    [number('there'), 'already there'],
    [passedOver.length, 'passed over'],
    [number('failed'), 'failed'],
    [number('cancelled'), 'not finished'],
  ] as const
  const told = parts.filter(([count], index) => index === 0 || count > 0).map(([count, word]) => `${count} ${word}`)
  const again = number('cancelled') > 0 ? ' The same command again goes on from there.' : ''
  return `${told.join(', ')}.${again}`
}

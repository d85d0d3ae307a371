import { resolve } from 'node:path'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { transferAll } from '../batch/transfers.ts'
import { serverAddress } from '../server/address.ts'
import { connect } from '../server/connect.ts'
import { findCollection } from '../server/find-collection.ts'
import { tokenFor } from '../server/known-servers.ts'
import { runTransfers, transferJobs } from '../server/transfer-command.ts'
import { uploadFile, uploadTarget } from '../server/upload-file.ts'

/** `imagedoc upload`. */
export async function upload({ values, positionals }: Parsed<'upload'>): Promise<number> {
  const server = serverAddress('upload', values.server)
  const jobs = transferJobs('upload', values.jobs)
  const { collection: named, create = false } = values
  if (named === undefined) throw new UsageError('upload needs a collection: --collection ID|TITLE.', 'See imagedoc upload --help.')
  return runTransfers(values, async ({ reporter, signal }) => {
    const client = await connect(server, await tokenFor(server))
    const target = await uploadTarget(server, await findCollection(client, { named, create, signal }))
    const transfer = ({ input }: { input: string }) =>
      uploadFile(input, { client, target, reporter, acceptDamaged: values.damaged ?? false, signal })
    return transferAll(eachOnce(positionals), { jobs, signal, reporter, transfer })
  })
}

/** A file that is named twice is one document. */
function eachOnce(files: readonly string[]): { input: string }[] {
  return [...new Map(files.map((file) => [resolve(file), { input: file }])).values()]
}

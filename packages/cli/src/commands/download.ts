import { join, resolve } from 'node:path'
import { ImageDocError } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { transferAll } from '../batch/transfers.ts'
import { serverAddress } from '../server/address.ts'
import { connect } from '../server/connect.ts'
import { isId } from '../server/is-id.ts'
import { tokenFor } from '../server/known-servers.ts'
import { findFiles, type Place, saveFiles } from '../server/saved-files.ts'
import { runTransfers, transferJobs } from '../server/transfer-command.ts'

const HINT = 'See imagedoc download --help.'

/** `imagedoc download`. */
export async function download({ values, positionals }: Parsed<'download'>): Promise<number> {
  const server = serverAddress('download', values.server)
  const jobs = transferJobs('download', values.jobs)
  const { output, force = false } = values
  if (output === undefined) throw new UsageError('download needs a folder: -o DIR.', HINT)
  const version = versionOf(values.version)
  return runTransfers(values, async ({ reporter, signal }) => {
    const client = await connect(server, await tokenFor(server))
    const taken = createNames(output)
    const inputs = await transferAll(
      [...new Set(positionals)].map((input) => ({ input })),
      {
        jobs,
        signal,
        reporter,
        transfer: async ({ input }) => {
          if (!isId(input)) throw noId(input)
          const document = await client.documents.get({ id: input }, { signal })
          const files = await findFiles(client, document, { version, signal })
          const saved = await saveFiles(client, {
            document: input,
            files: files.map((file) => ({ ...file, place: taken(file.name, input) })),
            force,
            signal,
          })
          return { document: input, files: saved }
        },
      },
    )
    return { inputs }
  })
}

/** What is there is known to people by its title, which several may have. */
function noId(input: string): ImageDocError {
  return new ImageDocError(
    'NOT_FOUND',
    `"${input}" is no id of a document, which has 24 digits: imagedoc upload and imagedoc search show them.`,
  )
}

/** Places for names in a folder; of two documents of one title the second has its id before it. */
function createNames(output: string): (name: string, document: string) => Place {
  const owners = new Map<string, string>()
  return (name, document) => {
    // Some systems do not tell upper from lower case.
    const key = name.toLowerCase()
    const owner = owners.get(key) ?? document
    owners.set(key, owner)
    const shown = join(output, owner === document ? name : join(...withId(name, document)))
    return { path: resolve(shown), shown }
  }
}

function withId(name: string, document: string): string[] {
  const [first = '', ...rest] = name.split('/')
  return [`${document}-${first}`, ...rest]
}

function versionOf(text: string | undefined): number {
  const version = Number(text ?? 0)
  if (Number.isInteger(version) && version >= 0) return version
  throw new UsageError(`--version "${text}" is not the number of a version.`, HINT)
}

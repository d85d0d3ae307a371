import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'

type Values = Parsed<'run'>['values']

/** What is asked of a server: documents and files, a whole collection, or all of a collection as one input. */
export type Over = 'inputs' | 'collection' | 'gathered'

const HINT = 'See imagedoc run --help.'
const local = ['cache', 'no-cache', 'isolate', 'config'] as const
const remote = ['collection', 'create', 'damaged', 'title'] as const

/** @throws UsageError for options that are for runs at a server */
export function refuseServerOptions(values: Values): void {
  const found = remote.find((name) => values[name] !== undefined)
  if (found !== undefined) throw new UsageError(`--${found} is for a run on a server: add --server URL.`, HINT)
}

/** @throws UsageError for options that are for runs on this machine, and for those that make no sense together */
export function overWhat(values: Values, inputs: readonly string[]): Over {
  const found = local.find((name) => values[name] !== undefined)
  if (found !== undefined)
    throw new UsageError(`--${found} is for runs on this machine; with --server the server decides that: leave it out.`, HINT)
  if (values.force && values.output === undefined) throw new UsageError('--force is for the files of -o DIR, which is not given.', HINT)
  if (values.title !== undefined && !values.gather) throw new UsageError('--title is for the document that --gather makes.', HINT)
  if (inputs.length > 0) return overInputs(values)
  if (values.collection === undefined)
    throw new UsageError('run needs something to work on: documents or files, or --collection ID|TITLE for all of a collection.', HINT)
  if (values.create) throw new UsageError('--create is for files that are uploaded; a new collection has no documents.', HINT)
  if (!values.gather && values.input !== undefined)
    throw new UsageError('--input does not go with a whole collection: name the documents one by one.', HINT)
  return values.gather ? 'gathered' : 'collection'
}

function overInputs({ gather }: Values): Over {
  if (!gather) return 'inputs'
  throw new UsageError(
    'On a server --gather takes all documents of a collection: leave the inputs out and write --collection ID|TITLE (imagedoc upload brings files there).',
    HINT,
  )
}

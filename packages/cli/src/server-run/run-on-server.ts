import { toImageDocError } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { inParallel } from '../batch/in-parallel.ts'
import { type Interruption, onInterrupt } from '../batch/interruption.ts'
import { errorSummary, exitCodeOf, type InputSummary } from '../batch/summary.ts'
import { checkPlaces, realPaths } from '../outputs/placement.ts'
import { createReporter } from '../report/create-reporter.ts'
import { write, writeError, writeJsonLine } from '../report/streams.ts'
import { serverAddress } from '../server/address.ts'
import { type Client, connect } from '../server/connect.ts'
import { type FoundCollection, findCollection } from '../server/find-collection.ts'
import { tokenFor } from '../server/known-servers.ts'
import { transferJobs } from '../server/transfer-command.ts'
import { unlessEmpty } from '../server/unless-empty.ts'
import { bringInputs } from './bring-inputs.ts'
import { assignedInputs } from './inputs-at-server.ts'
import { createOpenRuns, type OpenRuns } from './open-runs.ts'
import { type Over, overWhat } from './options.ts'
import { type Catalogue, pipelineAtServer } from './pipeline-at-server.ts'
import { runTarget, type Target } from './run-target.ts'
import { batchTargets, documentTargets, gatheredTarget } from './targets.ts'

type Values = Parsed<'run'>['values']

interface Session {
  readonly client: Client
  readonly server: string
  readonly values: Values
  readonly jobs: number
  readonly signal: AbortSignal
  readonly open: OpenRuns
  /** Says something beside the runs. */
  note(text: string): void
}

/** `imagedoc run --server URL`. */
export async function runOnServer({ values, positionals }: Parsed<'run'>): Promise<number> {
  const [argument = '', ...inputs] = positionals
  const server = serverAddress('run', values.server)
  const over = overWhat(values, inputs)
  const jobs = transferJobs('run', values.jobs)
  const open = createOpenRuns()
  let note = writeError
  using interruption = interruptionOf(open, (text) => note(text))
  try {
    const client = await connect(server, await tokenFor(server))
    const session: Session = { client, server, values, jobs, signal: interruption.signal, open, note: (text) => note(text) }
    const { targets, files, notes } = await prepare(session, { argument, inputs, over })
    await checkPlaces(targets.flatMap(({ place }) => place ?? []))
    const reporter = createReporter({ ...values, inputs: targets.length })
    note = reporter.note
    for (const text of notes) reporter.note(text)
    const tools = { ...session, reporter, force: values.force ?? false, inputs: await realPaths(files) }
    const summaries = await inParallel(targets, jobs, (target) => runTarget(target, tools))
    reporter.end({ type: 'summary', inputs: summaries })
    if (!values.json && !values.quiet && values.output === undefined) tellDownload(server, summaries)
    return exitCodeOf(summaries, interruption.signal.aborted)
  } catch (error) {
    // A program that reads the lines gets its last one whatever happens.
    if (values.json && !(error instanceof UsageError))
      writeJsonLine({ type: 'summary', inputs: [], error: errorSummary(toImageDocError(error, 'INTERNAL')) })
    throw error
  }
}

function interruptionOf(open: OpenRuns, note: (text: string) => void): Interruption {
  return onInterrupt(
    () => note('Cancelling at the server; what is finished is kept. Press Ctrl-C again to leave at once.'),
    () => {
      for (const line of open.inWords()) note(line)
    },
  )
}

interface Asked {
  readonly argument: string
  readonly inputs: readonly string[]
  readonly over: Over
}

interface Prepared {
  readonly targets: Target[]
  /** Paths of the uploaded files. */
  readonly files: readonly string[]
  readonly notes: readonly string[]
}

/** Everything up to the first run: what can be refused is refused before anything is uploaded. */
async function prepare(session: Session, { argument, inputs, over }: Asked): Promise<Prepared> {
  const { client, values, signal } = session
  const operations = await client.operations.list(undefined, { signal })
  const catalogue = { operations: () => operations } as unknown as Catalogue
  const pipeline = await pipelineAtServer(client, { argument, assignments: values.set ?? [], catalogue })
  const further = assignedInputs(values.input ?? [], over === 'collection' ? [] : Object.keys(pipeline.definition.inputs ?? {}))
  const collection = await collectionOf(session, over)
  const common = { client, pipeline: pipeline.start, output: values.output, json: values.json ?? false }
  if (over === 'collection' && collection !== undefined) {
    const onStarted = cancelWith(session)
    return { targets: await batchTargets(collection.id, { ...common, signal, onStarted }), files: [], notes: pipeline.notes }
  }
  const bring = () => bringInputs(session, { inputs, further, collection, pipeline, catalogue })
  const brought = collection ? await unlessEmpty({ client, collection, note: session.note }, bring) : await bring()
  const given = { ...common, inputs: brought.further }
  const targets =
    over === 'gathered' && collection !== undefined
      ? [gatheredTarget({ collection_id: collection.id, named: values.collection ?? '', title: values.title }, given)]
      : documentTargets(brought.documents, given)
  return { targets, files: brought.files, notes: [...pipeline.notes, ...brought.notes] }
}

async function collectionOf({ client, values, signal }: Session, over: Over): Promise<FoundCollection | undefined> {
  if (values.collection === undefined) return undefined
  return findCollection(client, { named: values.collection, signal, ...(over === 'inputs' ? { create: values.create ?? false } : {}) })
}

/** The batch is cancelled as one: not all of its runs are watched. */
function cancelWith({ signal, open }: Session): (cancel: () => Promise<unknown>, id: string) => void {
  return (cancel, id) => {
    open.add(id)
    const stop = () => void open.cancel(id, cancel)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  }
}

function tellDownload(server: string, summaries: readonly InputSummary[]): void {
  const first = summaries.find(({ version }) => version !== undefined)
  if (!first) return
  // `npm run imagedoc` says where the user stands; an installed command is called by its name.
  const command = process.env.IMAGEDOC_CWD === undefined ? 'imagedoc' : 'npm run -s imagedoc --'
  write(`To download: ${command} download ${first.document} --server ${server} --version ${first.version} -o DIR`)
}

import { resolve } from 'node:path'
import { type AnyOperation, type ImageDoc, type PipelineDefinition, toImageDocError } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { onInterrupt } from '../batch/interruption.ts'
import { notStarted, runBatch } from '../batch/run-batch.ts'
import { errorSummary, exitCodeOf, type InputSummary } from '../batch/summary.ts'
import { arrangeWork, type Conflict, findConflicts, type Work } from '../batch/work.ts'
import { openImageDoc } from '../configuration/open-image-doc.ts'
import { acceptsFor, documentKinds } from '../inputs/accepted-files.ts'
import { findInputs } from '../inputs/find-inputs.ts'
import { furtherInputs } from '../inputs/further-inputs.ts'
import { passedOverNotes } from '../inputs/passed-over.ts'
import { loadPipeline } from '../pipeline/load-pipeline.ts'
import { readPipeline, usesOf } from '../pipeline/read-pipeline.ts'
import { createReporter } from '../report/create-reporter.ts'
import { writeJsonLine } from '../report/streams.ts'
import { refuseServerOptions } from '../server-run/options.ts'

type Values = Parsed<'run'>['values']

const MISSING = 'run needs a pipeline and at least one input: imagedoc run PIPELINE INPUT… -o DIR.'

/** `imagedoc run`: on this machine, or at a server. */
export async function run(parsed: Parsed<'run'>): Promise<number> {
  if (parsed.values.server === undefined) return runHere(parsed)
  const { runOnServer } = await import('../server-run/run-on-server.ts')
  return runOnServer(parsed)
}

async function runHere({ values, positionals }: Parsed<'run'>): Promise<number> {
  const [pipelinePath = '', ...inputs] = positionals
  const output = values.output
  refuseServerOptions(values)
  if (inputs.length === 0) throw new UsageError(MISSING, 'See imagedoc run --help.')
  if (output === undefined) throw new UsageError('run needs a folder for the outputs: -o DIR.', 'See imagedoc run --help.')
  const jobs = jobsOf(values.jobs)
  try {
    const written = await readPipeline(pipelinePath)
    await using imagedoc = await openImageDoc({ ...values, withoutCache: values['no-cache'], uses: usesOf(written) })
    const pipeline = loadPipeline(imagedoc, written, values.set)
    const { works, notes } = await worksOf(imagedoc, pipeline, { inputs, output, values })
    return await runWorks({ imagedoc, pipeline, works, notes, jobs, values })
  } catch (error) {
    // A program that reads the lines gets its last one whatever happens.
    if (values.json && !(error instanceof UsageError))
      writeJsonLine({ type: 'summary', inputs: [], error: errorSummary(toImageDocError(error, 'INTERNAL')) })
    throw error
  }
}

interface Asked {
  readonly inputs: readonly string[]
  readonly output: string
  readonly values: Values
}

async function worksOf(
  imagedoc: ImageDoc<AnyOperation>,
  pipeline: PipelineDefinition,
  asked: Asked,
): Promise<{ works: Work[]; notes: string[] }> {
  const { inputs, output, values } = asked
  const further = await furtherInputs(values.input ?? [], pipeline)
  const kinds = documentKinds(imagedoc, pipeline)
  const found = await findInputs(inputs, { outside: resolve(output), accepts: acceptsFor(kinds) })
  const works = arrangeWork(found, { output, gather: values.gather ?? false, further })
  return { works, notes: [...problemNotes(imagedoc, pipeline), ...passedOverNotes(found.passedOver)] }
}

function problemNotes(imagedoc: ImageDoc<AnyOperation>, pipeline: PipelineDefinition): string[] {
  return imagedoc.problems(pipeline).map(({ path, message, remedy }) => `warning   ${path}: ${message} ${remedy}`)
}

interface Prepared {
  readonly imagedoc: ImageDoc<AnyOperation>
  readonly pipeline: PipelineDefinition
  readonly works: readonly Work[]
  readonly notes: readonly string[]
  readonly jobs: number
  readonly values: Values
}

async function runWorks({ imagedoc, pipeline, works, notes, jobs, values }: Prepared): Promise<number> {
  const force = values.force ?? false
  const reporter = createReporter({ ...values, inputs: works.length })
  for (const note of notes) reporter.note(note)
  const conflicts = await findConflicts(works, { pipeline, force })
  if (conflicts.length > 0) {
    const inputs = refusedAll(works, conflicts)
    reporter.end({ type: 'summary', inputs })
    return exitCodeOf(
      inputs.filter((input) => input.status === 'failed'),
      false,
    )
  }
  using interruption = onInterrupt(() => reporter.note('Stopping; what is finished is kept. Press Ctrl-C again to stop at once.'))
  const inputs = await runBatch({
    imagedoc,
    pipeline,
    works,
    reporter,
    interruption,
    jobs,
    useCache: !values['no-cache'],
    force,
  })
  reporter.end({ type: 'summary', inputs })
  return exitCodeOf(inputs, interruption.signal.aborted)
}

/** When one is refused before anything ran, nothing runs: the user decides first. */
function refusedAll(works: readonly Work[], conflicts: readonly Conflict[]): InputSummary[] {
  const errors = new Map(conflicts.map(({ work, error }) => [work, error]))
  return works.map((work) => {
    const error = errors.get(work)
    if (error === undefined) return notStarted(work, 'It was not started, because outputs of other inputs are in the way.')
    return { input: work.input, status: 'failed', outputs: [], steps: [], error: errorSummary(error) }
  })
}

function jobsOf(text: string | undefined): number {
  const jobs = Number(text ?? 2)
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= 64) return jobs
  throw new UsageError(`--jobs "${text}" is not a whole number from 1 to 64.`, 'See imagedoc run --help.')
}

import { resolve } from 'node:path'
import { errorCodes, fromFile, type Receipt, type ReplayResult, toImageDocError } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { onInterrupt } from '../batch/interruption.ts'
import { errorSummary, exitCodeOf, type InputSummary, stepSummaries } from '../batch/summary.ts'
import { watched } from '../batch/watched.ts'
import { openImageDoc } from '../configuration/open-image-doc.ts'
import { findInputs } from '../inputs/find-inputs.ts'
import { checkPlaces, type Place, realPaths } from '../outputs/placement.ts'
import { readReceipt } from '../outputs/receipt-file.ts'
import { saveOutputs } from '../outputs/save-outputs.ts'
import { usesOf } from '../pipeline/read-pipeline.ts'
import { createReporter } from '../report/create-reporter.ts'
import { write, writeError, writeJsonLine } from '../report/streams.ts'

const DIFFERENT = 1

/** `imagedoc replay`: the run of a receipt again, without the cache; says which outputs are the same. */
export async function replay({ values, positionals }: Parsed<'replay'>): Promise<number> {
  const [receiptPath = '', ...args] = positionals
  try {
    return await replayReceipt(receiptPath, args, values)
  } catch (error) {
    if (values.json) writeJsonLine({ type: 'replay', same: false, error: errorSummary(toImageDocError(error, 'INTERNAL')) })
    throw error
  }
}

async function replayReceipt(receiptPath: string, args: readonly string[], values: Parsed<'replay'>['values']): Promise<number> {
  const receipt = await readReceipt(receiptPath)
  const { files } = await findInputs(args)
  const place: Place | undefined = values.output === undefined ? undefined : { folder: resolve(values.output), shown: values.output }
  if (place) await checkPlaces([place])
  await using imagedoc = await openImageDoc({ ...values, withoutCache: true, uses: usesOf(receipt.pipeline) })
  const reporter = createReporter({ ...values, inputs: 1 })
  using interruption = onInterrupt(() => reporter.note('Stopping. Press Ctrl-C again to stop at once.'))
  const started = performance.now()
  reporter.started(receiptPath)
  const result = await imagedoc.replay(
    receipt,
    { input: files.map((file) => fromFile(file.path)) },
    watched(receiptPath, { reporter, interruption }),
  )
  const inputs = await realPaths(files.map((file) => file.path))
  const outputs = place ? await saveOutputs(result, { place, force: values.force ?? false, inputs }) : []
  const { status, error } = result
  const summary: InputSummary = {
    input: receiptPath,
    status,
    outputs,
    steps: stepSummaries(result.receipt),
    ...(error ? { error: errorSummary(error) } : {}),
  }
  reporter.finished(summary, { ms: performance.now() - started, folder: place?.shown ?? '' })
  const comparison = compare(receipt, result)
  if (values.json) writeJsonLine({ type: 'replay', same: result.same, compared: comparison, ...summary })
  else reportComparison(comparison, { same: result.same, quiet: values.quiet ?? false })
  const code = exitCodeOf([summary], interruption.signal.aborted)
  return code === 0 || code === errorCodes.PAGE_SKIPPED.exit ? (result.same ? code : DIFFERENT) : code
}

/** One output, then and now. */
interface Comparison {
  name: string
  same: boolean
  /** Items that differ or that only one of the runs has. */
  different: number
}

function compare(before: Receipt, { receipt: now }: ReplayResult): Comparison[] {
  const names = [...new Set([...Object.keys(before.outputs), ...Object.keys(now.outputs)])]
  return names.map((name) => {
    const [then = [], again = []] = [before.outputs[name], now.outputs[name]]
    const length = Math.max(then.length, again.length)
    const different = Array.from({ length }, (_, index) => then[index]?.digest !== again[index]?.digest).filter(Boolean).length
    return { name, same: different === 0, different }
  })
}

function reportComparison(outputs: readonly Comparison[], { same, quiet }: { same: boolean; quiet: boolean }): void {
  for (const output of outputs) {
    if (output.same) quiet || write(`same      ${output.name}`)
    else writeError(`differs   ${output.name} (${output.different})`)
  }
  if (!quiet) write(same ? 'The results are the same.' : 'The results are not the same.')
}

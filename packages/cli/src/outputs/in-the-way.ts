import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageDocError, type PipelineDefinition, type Receipt } from '@imagedoc/core'
import { stepIds } from '../pipeline/step-ids.ts'
import { fileDigest } from './file-digest.ts'
import { filesIn, isFileOf, RECEIPT } from './output-files.ts'
import type { Place } from './placement.ts'
import { findReceipt } from './receipt-file.ts'

/** A run that is about to begin. */
export interface Intended {
  readonly place: Place
  readonly pipeline: PipelineDefinition
  /** Absolute paths by input name. */
  readonly inputs: Readonly<Record<string, readonly string[]>>
}

/**
 * What can be known before the run: outputs that are there from another run. The receipt beside them says which run they are from; when that
 * was this very one (same steps, same content), the outputs are what the run will give again. Without a receipt nothing is known yet, and
 * the comparison waits until the outputs are there.
 * @returns OUTPUT_EXISTS, or undefined when nothing is known to be in the way
 */
export async function inTheWay(intended: Intended): Promise<ImageDocError | undefined> {
  const { place, pipeline } = intended
  const files = (await filesIn(place.folder)).filter((file) => isOutputOf(file, pipeline))
  const folder = await folderInTheWay(place, pipeline)
  if (folder !== undefined) return exists(`${folder} is a folder, where a file should be written`)
  const found = await findReceipt(place.folder)
  if (found === 'foreign') return exists(`${join(place.shown, RECEIPT)} is not a receipt of imagedoc`)
  const [first] = files
  if (found === 'none' || first === undefined) return undefined
  const { receipt } = found
  if (identity(receipt.pipeline) !== identity(pipeline)) return exists(`${join(place.shown, first)} was made by another pipeline`)
  if (!(await sameInputs(receipt, intended.inputs))) return exists(`${join(place.shown, first)} was made from other content`)
  const known = new Set(Object.values(receipt.outputs).flatMap((descriptors) => descriptors.map((descriptor) => descriptor.digest)))
  for (const file of files) {
    const digest = await fileDigest(join(place.folder, file))
    if (digest !== undefined && !known.has(digest)) return exists(`${join(place.shown, file)} was changed since it was made`)
  }
  return undefined
}

function exists(what: string): ImageDocError {
  return new ImageDocError('OUTPUT_EXISTS', `${what}. Write --force to overwrite it, or choose another folder with -o.`)
}

/** Names of outputs that are not written out are not known yet, except for how they begin. */
function isOutputOf(file: string, pipeline: PipelineDefinition): boolean {
  if (pipeline.outputs) return Object.keys(pipeline.outputs).some((name) => isFileOf(file, name))
  const last = stepIds(pipeline).at(-1) ?? ''
  return file !== RECEIPT && file.startsWith(last) && /^(-\d{4,})?\.[a-z]+$/.test(file.slice(last.length))
}

async function folderInTheWay(place: Place, pipeline: PipelineDefinition): Promise<string | undefined> {
  for (const name of [RECEIPT, ...Object.keys(pipeline.outputs ?? {})]) {
    const found = await stat(join(place.folder, name)).catch(() => undefined)
    if (found?.isDirectory()) return join(place.shown, name)
  }
  return undefined
}

/** A run that did not end well may not have read all its inputs: then those that it names must be among these. */
async function sameInputs({ inputs: recorded, status }: Receipt, inputs: Intended['inputs']): Promise<boolean> {
  const whole = status === 'done' || status === 'partial'
  for (const [name, descriptors] of Object.entries(recorded)) {
    const digests = await Promise.all((inputs[name] ?? []).map((path) => fileDigest(path)))
    if (!descriptors.every(({ digest }) => digests.includes(digest))) return false
    if (whole && descriptors.map(({ digest }) => digest).join() !== digests.join()) return false
  }
  return true
}

/** What of a pipeline decides its results. */
function identity(pipeline: PipelineDefinition): string {
  const ids = stepIds(pipeline)
  const steps = pipeline.steps.map(({ use, with: params, from, onError, engine }, index) => [
    ids[index],
    use,
    params ?? {},
    from,
    onError ?? 'fail',
    engine ?? 'auto',
  ])
  return JSON.stringify(sorted([pipeline.inputs ?? {}, steps, pipeline.outputs ?? null]))
}

/** Keys in order, so that the order in which a file writes them does not matter. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Artifact, type Digest, digestOf, ImageDocError, type Output, type RunResult } from '@imagedoc/core'
import type { OutputSummary } from '../batch/summary.ts'
import { fileDigest, hasContent } from './file-digest.ts'
import { filesIn, isFileOf, outputFile, RECEIPT } from './output-files.ts'
import { type Place, wouldOverwrite } from './placement.ts'
import { findReceipt, formatReceipt } from './receipt-file.ts'
import { writeWhole } from './write-file.ts'

export interface SaveOptions {
  readonly place: Place
  readonly force: boolean
  /** Real paths of the inputs: never written over, whatever else is allowed. */
  readonly inputs: ReadonlySet<string>
}

interface Pending {
  name: string
  file: string
  artifact: Artifact
  digest: Digest
  size: number
}

/**
 * Writes a run's outputs and its receipt, all or, when one is refused, none. Files with equal bytes are left alone. A run that gave
 * nothing leaves nothing.
 * @throws OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function saveOutputs(result: RunResult, options: SaveOptions): Promise<OutputSummary[]> {
  const { place, force } = options
  const pending = await pendingFiles(result.outputs)
  if (pending.length === 0) return []
  const before = await findReceipt(place.folder)
  if (before === 'foreign' && !force) throw refused(join(place.shown, RECEIPT))
  const changed: Pending[] = []
  for (const file of pending) if (await isChanged(file, options)) changed.push(file)
  for (const { file, artifact } of changed) await writeWhole(join(place.folder, file), await artifact.bytes())
  if (force && typeof before === 'object') {
    await removeLeftovers(place, pending, Object.values(before.receipt.outputs).flat())
  }
  await writeWhole(join(place.folder, RECEIPT), formatReceipt(result.receipt))
  return pending.map(({ name, file, digest }) => ({ name, path: join(place.shown, file), digest }))
}

async function pendingFiles(outputs: Readonly<Record<string, Output>>): Promise<Pending[]> {
  const pending: Pending[] = []
  for (const [name, output] of Object.entries(outputs)) {
    for (const [index, { artifact }] of output.entries().entries()) {
      if (!artifact) continue
      const file = outputFile(name, output.sequence ? index : undefined)
      const { digest, size } = await identityOf(artifact)
      pending.push({ name, file, artifact, digest, size })
    }
  }
  const twice = pending.find(({ file }, index) => file === RECEIPT || pending.findIndex((other) => other.file === file) !== index)
  if (twice)
    throw new ImageDocError(
      'OUTPUT_EXISTS',
      `Two things would be written to ${twice.file}: rename the output "${twice.name}" in the pipeline.`,
    )
  return pending
}

async function identityOf(artifact: Artifact): Promise<{ digest: Digest; size: number }> {
  if (artifact.descriptor) return artifact.descriptor
  const content = await artifact.bytes()
  return { digest: digestOf(content), size: content.length }
}

/** True when the file is to be written; refuses one with other content. */
async function isChanged(pending: Pending, { place, force, inputs }: SaveOptions): Promise<boolean> {
  const path = join(place.folder, pending.file)
  const shown = join(place.shown, pending.file)
  const found = await stat(path).catch(() => undefined)
  if (await wouldOverwrite(path, inputs))
    throw new ImageDocError('OUTPUT_EXISTS', `${shown} is an input, which is never written over: choose another folder with -o.`)
  if (!found) return true
  if (found.isDirectory()) throw new ImageDocError('OUTPUT_EXISTS', `${shown} is a folder: choose another folder with -o.`)
  if (await hasContent(path, pending)) return false
  if (!force) throw refused(shown)
  return true
}

/** Pages that an earlier, longer run left: they would pass for pages of this one. Only files that are still as that run wrote them. */
export async function removeLeftovers(
  place: Place,
  pending: readonly { readonly name: string; readonly file: string }[],
  earlier: readonly { readonly digest: Digest }[],
): Promise<void> {
  const known = earlier.map(({ digest }) => digest)
  const names = [...new Set(pending.map(({ name }) => name))]
  const written = new Set(pending.map(({ file }) => file))
  for (const file of await filesIn(place.folder)) {
    if (written.has(file) || !names.some((name) => isFileOf(file, name))) continue
    const digest = await fileDigest(join(place.folder, file))
    if (digest !== undefined && known.includes(digest)) await rm(join(place.folder, file))
  }
}

function refused(shown: string): ImageDocError {
  return new ImageDocError(
    'OUTPUT_EXISTS',
    `${shown} exists already with other content. Write --force to overwrite it, or choose another folder with -o.`,
  )
}

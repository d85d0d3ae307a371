import { join } from 'node:path'
import { ImageDocError, type Receipt } from '@imagedoc/core'
import type { OutputSummary } from '../batch/summary.ts'
import { RECEIPT } from '../outputs/output-files.ts'
import { type Place, wouldOverwrite } from '../outputs/placement.ts'
import { findReceipt, formatReceipt } from '../outputs/receipt-file.ts'
import { removeLeftovers } from '../outputs/save-outputs.ts'
import { writeWhole } from '../outputs/write-file.ts'
import type { Client } from '../server/connect.ts'
import { saveFiles, versionFiles } from '../server/saved-files.ts'

export interface SaveVersion {
  readonly document: string
  readonly version: number
  readonly place: Place
  readonly force: boolean
  /** Real paths of files that were uploaded: never written over. */
  readonly inputs: ReadonlySet<string>
  readonly signal: AbortSignal
}

/**
 * Downloads what a run made, laid out as a run on this machine does: the outputs in the document's folder, beside the receipt.
 * @throws OUTPUT_EXISTS before anything is downloaded; OUTPUT_UNWRITABLE, CANCELLED
 */
export async function saveVersion(
  client: Client,
  { document, version, place, force, inputs, signal }: SaveVersion,
): Promise<OutputSummary[]> {
  const outputs = await versionFiles(client, { id: document, version, signal })
  const files = outputs.map((file) => ({ ...file, place: { path: join(place.folder, file.name), shown: join(place.shown, file.name) } }))
  for (const file of files) await refuse(file, inputs)
  const before = await findReceipt(place.folder)
  if (before === 'foreign' && !force)
    throw new ImageDocError(
      'OUTPUT_EXISTS',
      `${join(place.shown, RECEIPT)} is not a receipt of imagedoc. Write --force to overwrite it, or choose another folder with -o.`,
    )
  const receipt = (await client.documents.versions.receipt({ id: document, number: version }, { signal })) as Receipt
  await saveFiles(client, { document, files, force, signal })
  if (force && typeof before === 'object') {
    const written = files.map(({ name, output }) => ({ name: output?.name ?? name, file: name }))
    await removeLeftovers(place, written, Object.values(before.receipt.outputs).flat())
  }
  await writeWhole(join(place.folder, RECEIPT), formatReceipt(receipt))
  return files.map(({ name, output, place: { shown }, descriptor }) => ({
    name: output?.name ?? name,
    path: shown,
    digest: descriptor.digest,
  }))
}

async function refuse(
  { name, place }: { name: string; place: { path: string; shown: string } },
  inputs: ReadonlySet<string>,
): Promise<void> {
  if (name === RECEIPT)
    throw new ImageDocError('OUTPUT_EXISTS', `Two things would be written to ${RECEIPT}: rename the output in the pipeline.`)
  if (await wouldOverwrite(place.path, inputs))
    throw new ImageDocError('OUTPUT_EXISTS', `${place.shown} is an input, which is never written over: choose another folder with -o.`)
}

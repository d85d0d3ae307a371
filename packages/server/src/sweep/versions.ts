import { setImmediate as turn } from 'node:timers/promises'
import type { Digest } from '@imagedoc/core'
import { textWhen } from '../documents/text-version.ts'
import { bytesOf, versionBytes, versionsOf } from '../documents/version-bytes.ts'
import { changeRow } from '../records/change-row.ts'
import type { Document, Version } from '../records/document.ts'
import { everyRow } from '../records/every-row.ts'
import { isTaken } from '../records/insert-once.ts'
import { hasWords, readLayout } from '../search/read-layout.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'blobs' | 'now' | 'search' | 'tables'>

/** Its row in `settings` says that all are described. */
const DONE = 'versions_described'

/**
 * Adds to the rows of servers before this one what they did not write: whether a version has text, how many bytes it holds, and both for its document.
 * Done once; what was interrupted goes on at the next sweep. Gives how many documents it described. What users hold is counted anew afterwards.
 */
export async function describeVersions({ blobs, now, search, tables }: Needs, signal: AbortSignal): Promise<number> {
  if (await tables.settings.get(DONE)) return 0
  let described = 0
  for await (const document of everyRow(tables.documents, { index: 'by_deletion' })) {
    if (signal.aborted) return described
    if (await describe({ blobs, tables }, document)) {
      described++
      await search.documentChanged(document._id)
    }
    await turn()
  }
  for await (const { _id } of everyRow(tables.usage, { index: 'by_count' }))
    await changeRow(tables.usage, _id, () => (described > 0 ? { counted_at: new Date(0) } : undefined))
  await tables.settings.insert({ _id: DONE, revision: 0, created_at: now(), value: '1' }).catch((error: unknown) => {
    if (!isTaken(error, '_id')) throw error
  })
  return described
}

/** False for a document that has no versions, or is described already. */
async function describe({ blobs, tables }: Pick<Needs, 'blobs' | 'tables'>, { _id, version_bytes }: Document): Promise<boolean> {
  if (version_bytes !== undefined) return false
  let versions = 0
  for await (const version of versionsOf(tables, _id)) {
    versions++
    if (version.has_text !== undefined && version.bytes !== undefined) continue
    const change = { has_text: await isRead(blobs, version), bytes: bytesOf(version) + (await sizeOf(blobs, version.receipt)) }
    await changeRow(tables.versions, version._id, () => change)
  }
  if (versions === 0) return false
  const changed = await changeRow(tables.documents, _id, async ({ current_version }) => ({
    version_bytes: await versionBytes(tables, _id),
    text: await textWhen({ tables }, _id, current_version),
  }))
  return changed !== undefined
}

/** Looks into layouts until there is a word. */
async function isRead(blobs: Needs['blobs'], { layouts }: Version): Promise<boolean> {
  for (const { descriptor } of layouts) {
    const layout = await readLayout(blobs, descriptor.digest)
    if (layout && hasWords(layout)) return true
  }
  return false
}

async function sizeOf(blobs: Needs['blobs'], digest: Digest | null): Promise<number> {
  return digest === null ? 0 : ((await blobs.stat(digest))?.size ?? 0)
}

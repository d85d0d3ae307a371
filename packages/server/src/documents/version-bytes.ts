import type { Digest } from '@imagedoc/core'
import type { Version } from '../records/document.ts'
import { everyRow } from '../records/every-row.ts'
import type { Id } from '../records/id.ts'
import type { Services } from '../services.ts'

/** A version's row names every file of it: not many at a time. */
const AT_A_TIME = 20

/** What a version holds: each of its blobs once, however many of its outputs are the same. */
export function bytesOf({ bytes, outputs, layouts }: Pick<Version, 'bytes' | 'outputs' | 'layouts'>): number {
  if (bytes !== undefined) return bytes
  const sizes = new Map<Digest, number>([...outputs, ...layouts].map(({ descriptor: { digest, size } }) => [digest, size]))
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

/** A document's versions, the oldest first. */
export function versionsOf({ versions }: Pick<Services['tables'], 'versions'>, documentId: Id): AsyncGenerator<Version> {
  return everyRow(versions, { index: 'by_document', equals: [documentId] }, AT_A_TIME)
}

/** What all versions of a document hold. Counted anew each time: doing it again after a crash gives the same. */
export async function versionBytes(tables: Pick<Services['tables'], 'versions'>, documentId: Id): Promise<number> {
  let bytes = 0
  for await (const version of versionsOf(tables, documentId)) bytes += bytesOf(version)
  return bytes
}

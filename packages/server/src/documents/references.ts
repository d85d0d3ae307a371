import type { Digest } from '@imagedoc/core'
import type { Tables } from '../records/tables.ts'

/** Whether a document, one of its versions or an upload holds this blob: each is asked by an index. */
export async function isReferenced(
  { documents, versions, uploads }: Pick<Tables, 'documents' | 'versions' | 'uploads'>,
  digest: Digest,
): Promise<boolean> {
  const counts = await Promise.all([
    documents.count('by_original', [digest]),
    versions.count('by_output', [digest]),
    versions.count('by_layout', [digest]),
    versions.count('by_receipt', [digest]),
    uploads.count('by_original', [digest]),
  ])
  return counts.some((count) => count > 0)
}

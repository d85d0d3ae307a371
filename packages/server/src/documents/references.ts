import type { Digest } from '@imagedoc/core'
import type { Tables } from '../records/tables.ts'

/** Whether a document, one of its versions, an upload or a run holds this blob: each is asked by an index. */
export async function isReferenced(
  { documents, runPages, versions, uploads }: Pick<Tables, 'documents' | 'runPages' | 'versions' | 'uploads'>,
  digest: Digest,
): Promise<boolean> {
  // In this order: an upload goes after the document that was made of it has come, and a run lets go after its version has come.
  return (
    (await uploads.count('by_original', [digest])) > 0 ||
    (await runPages.count('by_blob', [digest])) > 0 ||
    (await documents.count('by_original', [digest])) > 0 ||
    (await versions.count('by_output', [digest])) > 0 ||
    (await versions.count('by_layout', [digest])) > 0 ||
    (await versions.count('by_receipt', [digest])) > 0
  )
}

import type { Digest, Stored, Table } from '@imagedoc/core'
import type { Tables } from '../records/tables.ts'

/** Whether a document, one of its versions, an upload or a run holds this blob: each is asked by an index. */
export async function isReferenced(
  { documents, runPages, versions, uploads }: Pick<Tables, 'documents' | 'runPages' | 'versions' | 'uploads'>,
  digest: Digest,
): Promise<boolean> {
  // In this order: an upload goes after the document that was made of it has come, and a run lets go after its version has come.
  return (
    (await isThere(uploads, 'by_original', digest)) ||
    (await isThere(runPages, 'by_blob', digest)) ||
    (await isThere(documents, 'by_original', digest)) ||
    (await versions.count('by_output', [digest])) > 0 ||
    (await versions.count('by_layout', [digest])) > 0 ||
    (await versions.count('by_receipt', [digest])) > 0
  )
}

/** Not counted: thousands of a run's pages may be the same blank one. */
async function isThere<Row extends Stored>(table: Table<Row>, index: string, digest: Digest): Promise<boolean> {
  return (await table.list({ index, equals: [digest], limit: 1 })).rows.length > 0
}

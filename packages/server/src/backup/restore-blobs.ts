import { type BlobStore, type Digest, type Stored, throwIfAborted } from '@imagedoc/core'
import { everyRow } from '../records/every-row.ts'
import type { Tables } from '../records/tables.ts'
import { type BlobCount, type CopiedBlob, createBlobCopier } from './blob-copier.ts'
import { blobsOf } from './named-blobs.ts'
import type { TableRow } from './row-lines.ts'
import { allOf, forEachOf } from './slots.ts'

/** Rows whose blobs are copied at a time. */
const ROWS_AT_A_TIME = 8
/** A version's row names every file of it. */
const ROWS_IN_MEMORY = 20

/** A file that the backup does not have as it was. */
export interface DamagedBlob {
  readonly document: string
  /** Of the version that it belongs to; null for the original. */
  readonly version: number | null
  readonly digest: Digest
  readonly why: Exclude<CopiedBlob, 'there'>
}

export interface RestoreBlobs {
  readonly tables: Pick<Tables, 'documents' | 'versions'>
  readonly from: BlobStore
  readonly to: BlobStore
  readonly signal: AbortSignal
  readonly tell: (count: BlobCount) => void
  /** Told of each blob that cannot be had. Gives whether the row that names it goes. */
  readonly damaged: (blob: DamagedBlob) => boolean
}

/** Brings the blobs that documents and versions name; each is checked against its digest on the way. */
export async function restoreBlobs(restoring: RestoreBlobs): Promise<BlobCount> {
  const { tables, from, to, signal } = restoring
  const isThere = async (digest: Digest): Promise<boolean> => (await to.stat(digest))?.namespaces.includes('objects') === true
  const copier = createBlobCopier({ from, to, isThere, signal })
  const bring = async (row: TableRow, { document, version }: Pick<DamagedBlob, 'document' | 'version'>): Promise<void> => {
    throwIfAborted(signal)
    const wrong = await allOf(
      blobsOf(row).map(async (blob) => {
        const why = await copier.copy(blob)
        restoring.tell(copier.count())
        return why === 'there' ? [] : [{ document, version, digest: blob.digest, why }]
      }),
    )
    const goes = wrong.flat().map(restoring.damaged)
    if (goes.includes(true)) await tables[row[0] as 'documents' | 'versions'].delete(row[1]._id)
  }
  await forEachOf(everyRow(tables.documents, { index: 'by_original' }), ROWS_AT_A_TIME, (row) =>
    bring(['documents', row as Stored], { document: row._id, version: null }),
  )
  await forEachOf(everyRow(tables.versions, { index: 'by_document' }, ROWS_IN_MEMORY), ROWS_AT_A_TIME, (row) =>
    bring(['versions', row as Stored], { document: row.document_id, version: row.number }),
  )
  return copier.count()
}

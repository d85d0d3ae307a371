import { type Digest, type Stored, type Table, throwIfAborted } from '@imagedoc/core'
import { versionsOf } from '../documents/version-bytes.ts'
import type { Document } from '../records/document.ts'
import { everyRow } from '../records/every-row.ts'
import type { Tables } from '../records/tables.ts'
import { isPurging, PURGING } from '../records/trash.ts'
import type { CopiedBlob } from './blob-copier.ts'
import { blobsOf, type NamedBlob } from './named-blobs.ts'
import type { TableRow } from './row-lines.ts'
import { allOf, forEachOf } from './slots.ts'
import { type CopiedRows, treatments } from './treatments.ts'

/** Documents are copied so many at a time: most of it is waiting for a disk or a network. */
const DOCUMENTS_AT_A_TIME = 8
/** Rows of runs and documents may be large. */
const ROWS_AT_A_TIME = 50
/** A document that changes each time it is looked at. */
const ATTEMPTS = 20

/** A blob that is not as the row says, although the row is. */
export interface LostBlob {
  readonly document: string
  readonly digest: Digest
  readonly why: Exclude<CopiedBlob, 'there'>
}

export interface CopyRows {
  readonly tables: Tables
  readonly signal: AbortSignal
  /** Called one after the other for the rows of one document; of two calls for one row the later counts. */
  write(row: TableRow): Promise<void>
  copyBlob(blob: NamedBlob): Promise<CopiedBlob>
  /** A document is in the backup, as it was at one moment. */
  copied(document: Document): void
  lost(blob: LostBlob): void
}

/**
 * Copies all rows that a backup has, and the blobs that they name, while others write. Each row is as it was at some moment; a document is with its
 * versions, runs and blobs as it was at one moment, as a server would find it that was killed just then.
 */
export async function copyRows(copy: CopyRows): Promise<void> {
  for (const [name, treatment] of Object.entries(treatments)) {
    if ('index' in treatment) await copyTable(copy, name as keyof Tables, treatment)
  }
}

async function copyTable(copy: CopyRows, name: keyof Tables, { index, equals = [], keeps = () => true, whole }: CopiedRows): Promise<void> {
  const table = copy.tables[name] as unknown as Table<Stored>
  const rows = everyRow(table, { index, equals }, ROWS_AT_A_TIME)
  const copyRow = async (row: Stored): Promise<void> => {
    throwIfAborted(copy.signal)
    if (whole) await copyDocument(copy, row as Document)
    else if (keeps(row)) await copy.write([name, row])
  }
  await forEachOf(rows, whole ? DOCUMENTS_AT_A_TIME : 1, copyRow)
}

/**
 * Until the document is after the copy what it was before it: every version that comes, and every purge, changes its row. One that never stands still
 * is taken as it was last; what of it does not fit together is mended when it is restored.
 */
async function copyDocument(copy: CopyRows, found: Document): Promise<void> {
  let document = found
  for (let attempt = 1; !isPurging(document); attempt++) {
    const lost = await copyAround(copy, document)
    // One that is gone is as good as one whose purge has begun: what was written of it already is left out when it is restored.
    const after: Document = (await copy.tables.documents.get(document._id)) ?? { ...document, deleted_at: PURGING }
    if (isPurging(after)) return copy.write(['documents', after])
    if (after.revision === document.revision || attempt === ATTEMPTS) {
      for (const blob of lost) copy.lost(blob)
      return copy.copied(document)
    }
    document = after
  }
}

async function copyAround(copy: CopyRows, document: Document): Promise<LostBlob[]> {
  const { tables } = copy
  const lost: LostBlob[] = []
  const write = async (row: TableRow): Promise<LostBlob[]> => {
    await copy.write(row)
    const copied = await allOf(
      blobsOf(row).map(async ({ digest, mediaType }) => ({ digest, why: await copy.copyBlob({ digest, mediaType }) })),
    )
    return copied.flatMap(({ digest, why }) => (why === 'there' ? [] : [{ document: document._id, digest, why }]))
  }
  lost.push(...(await write(['documents', document])))
  for await (const version of versionsOf(tables, document._id)) {
    const missing = await write(['versions', version])
    // That of a run which has failed meanwhile goes before its blobs do, and the document's row says nothing of it.
    if (missing.length > 0 && (await tables.versions.get(version._id))) lost.push(...missing)
  }
  // After the versions: a run that has ended has the version that it made among them.
  const runs = everyRow(tables.runs, { index: 'by_document', equals: [document._id] }, ROWS_AT_A_TIME)
  for await (const run of runs) await write(['runs', run])
  return lost
}

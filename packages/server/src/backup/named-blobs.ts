import type { Descriptor } from '@imagedoc/core'
import type { Document, Version } from '../records/document.ts'
import type { TableRow } from './row-lines.ts'

/** A receipt's, of which a version knows the digest alone. */
const RECEIPT_TYPE = 'application/json'

/** A blob as a row names it. */
export type NamedBlob = Pick<Descriptor, 'digest' | 'mediaType'>

/** The blobs that belong to a row. */
export function blobsOf([table, row]: TableRow): NamedBlob[] {
  if (table === 'documents') return [(row as Document).original]
  if (table !== 'versions') return []
  const { outputs, layouts, receipt } = row as Version
  const named: NamedBlob[] = [...outputs, ...layouts].map(({ descriptor }) => descriptor)
  return receipt === null ? named : [...named, { digest: receipt, mediaType: RECEIPT_TYPE }]
}

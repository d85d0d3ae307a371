import type { Json } from '@imagedoc/core'
import type { Metadata } from '../records/document.ts'

/** Keys to set; `null` removes one, and keys that are not named stay. */
export type MetadataChange = Readonly<Record<string, Json>>

export function changedMetadata(metadata: Metadata, change: MetadataChange): Metadata {
  const entries = Object.entries({ ...metadata, ...change }).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(entries) as Metadata
}

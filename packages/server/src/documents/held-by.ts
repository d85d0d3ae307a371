import type { Document } from '../records/document.ts'
import type { Quota } from '../records/user.ts'

/** What a document takes of its owner's quota: the original, and what runs made of it. */
export function heldBy({ original, version_bytes = 0 }: Pick<Document, 'original' | 'version_bytes'>): Quota {
  return { bytes: original.size + version_bytes, documents: 1 }
}

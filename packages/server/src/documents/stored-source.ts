import type { Source } from '@imagedoc/core'
import type { Document } from '../records/document.ts'
import type { Services } from '../services.ts'

/** A document's original as a run reads it; its digest is known, so that a cached result is found without reading it. */
export function storedSource({ blobs }: Pick<Services, 'blobs'>, { original, title }: Pick<Document, 'original' | 'title'>): Source {
  return { name: title, descriptor: original, open: () => blobs.open(original.digest) }
}

import type { Descriptor, Json, Matrix, Stored, TableDefinition } from '@imagedoc/core'
import type { Id } from './id.ts'

export interface Metadata {
  readonly author?: string
  readonly date?: string
  readonly language?: string
  readonly [key: string]: Json | undefined
}

export interface Document extends Stored {
  readonly collection_id: Id
  readonly title: string
  /** `/documents/<id>/file` */
  readonly file_url: string
  readonly metadata: Metadata
  /** Immutable and byte-identical to what was uploaded. */
  readonly original: Descriptor
  readonly pages: number
  /** 0 is the original. */
  readonly current_version: number
  /**
   * The newest version up to the one that is shown in which something was read; null where nothing was. It holds while `shown` is the current
   * version: whatever changes that need not know of this.
   */
  readonly text?: { readonly shown: number; readonly version: number | null }
  /** What its versions hold, in bytes; not there while it has none. */
  readonly version_bytes?: number
  readonly deleted_at: Date | null
}

export const documents: TableDefinition<Document> = {
  name: 'documents',
  indexes: {
    by_collection: { fields: ['collection_id', 'deleted_at', 'created_at'] },
    by_title: { fields: ['collection_id', 'deleted_at', 'title'] },
    by_digest: { fields: ['collection_id', 'deleted_at', 'original.digest'] },
    by_deletion: { fields: ['deleted_at'] },
    by_original: { fields: ['original.digest'] },
  },
}

/** One run's result on one document; number 0 is the original and has no row. */
export interface Version extends Stored {
  readonly document_id: Id
  readonly number: number
  readonly run_id: Id | null
  readonly receipt: Descriptor['digest'] | null
  readonly outputs: readonly { readonly name: string; readonly kind: string; readonly descriptor: Descriptor; readonly page?: string }[]
  /** Kept even when no output names them: search reads those of the newest version with text. */
  readonly layouts: readonly {
    /** As `formatPageId` writes it; rows of earlier servers have `input/position/page/part`, which count from 0. */
    readonly page: string
    readonly descriptor: Descriptor
    /** From the layout to the page of the original; null where there is no map. */
    readonly matrix: Matrix | null
  }[]
  /** Whether there is a word in the layouts; not there in rows of servers that did not look. */
  readonly has_text?: boolean
  /** What it holds, in bytes: outputs, layouts and receipt. Not there in rows of servers that did not count. */
  readonly bytes?: number
}

export const versions: TableDefinition<Version> = {
  name: 'versions',
  indexes: {
    by_document: { fields: ['document_id', 'number'], unique: true },
    by_output: { fields: ['outputs.descriptor.digest'] },
    by_layout: { fields: ['layouts.descriptor.digest'] },
    by_receipt: { fields: ['receipt'] },
  },
}

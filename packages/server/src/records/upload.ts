import type { Descriptor, Stored, TableDefinition } from '@imagedoc/core'
import type { Id } from './id.ts'

/** A file on its way: begun, then checked and stored, then taken by a document. Its `_id` is the upload's in its address. */
export interface Upload extends Stored {
  readonly user_id: Id
  /** The title that a document gets when it is not given one; never a path. */
  readonly file_name: string
  readonly size: number
  /** Once it is complete, checked and in the blob store. */
  readonly original: Descriptor | null
  readonly pages: number
  /** One that is cut off is taken as it is; not there: it is refused. */
  readonly accept_damaged?: boolean
  /** Swept away then, unless a document holds its blob. */
  readonly expires_at: Date
}

export const uploads: TableDefinition<Upload> = {
  name: 'uploads',
  indexes: {
    by_user: { fields: ['user_id', 'created_at'] },
    by_expiry: { fields: ['expires_at'] },
    by_original: { fields: ['original.digest'] },
  },
}

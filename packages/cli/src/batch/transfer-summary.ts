import type { Digest } from '@imagedoc/core'
import type { InputSummary } from './summary.ts'

/** A file that was written by a download. */
export interface SavedFile {
  path: string
  digest: Digest
}

/** How the upload of one file, or the download of one document, ended. */
export interface TransferSummary {
  /** As the user wrote it: a file, or the id of a document. */
  input: string
  status: 'done' | 'failed' | 'cancelled'
  /** The document's id, once there is one. */
  document?: string
  files?: SavedFile[]
  error?: NonNullable<InputSummary['error']>
}

/** The last line of `--json` of an upload or download. */
export interface TransfersSummary {
  type: 'summary'
  inputs: TransferSummary[]
  /** Why nothing could be transferred at all. */
  error?: NonNullable<InputSummary['error']>
}

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
  status: 'done' | 'there' | 'failed' | 'cancelled'
  /** The document's id, once there is one. */
  document?: string
  files?: SavedFile[]
  /** Of a file that was `there`, and not uploaded again: the one of this command that is the same, else the title of the document that is. */
  sameAs?: string
  title?: string
  error?: NonNullable<InputSummary['error']>
}

/** How a transfer went well. */
export type TransferOutcome = Pick<TransferSummary, 'document' | 'files' | 'sameAs' | 'title'> & { status?: 'there' }

/** The last line of `--json` of an upload or download. */
export interface TransfersSummary {
  type: 'summary'
  inputs: TransferSummary[]
  /** What lay in the folders of an upload and was not taken. */
  passedOver?: { input: string; why: string }[]
  /** Why nothing could be transferred at all. */
  error?: NonNullable<InputSummary['error']>
}

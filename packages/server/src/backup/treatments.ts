import type { IndexValue, Stored } from '@imagedoc/core'
import type { Setting } from '../records/instance.ts'
import type { Tables, tableDefinitions } from '../records/tables.ts'
import type { Token } from '../records/token.ts'
import { UNFINISHED } from './unfinished.ts'

type TableName = keyof Tables
type IndexOf<Name extends TableName> = keyof (typeof tableDefinitions)[Name]['indexes'] & string

/** Copied row by row. */
export interface CopiedRows<Index extends string = string> {
  /** All of its fields never change, so no row is missed because it moved while others write. */
  readonly index: Index
  readonly equals?: readonly IndexValue[]
  /** Rows that are not copied, where there are such. */
  readonly keeps?: (row: Stored) => boolean
  /** Each row is copied as one with the rows that belong to it. @default false */
  readonly whole?: boolean
}

type Treatment<Name extends TableName> = CopiedRows<IndexOf<Name>> | { readonly ofDocuments: true } | { readonly leftOut: string }

/**
 * What a backup does with each table, in this order: a row comes before those that it refers to. So what a row refers to is in the backup, too, unless it
 * was deleted in between, and then the row is left out when it is restored. A new table does not compile without a line here.
 */
export const treatments: { readonly [Name in TableName]: Treatment<Name> } = {
  settings: { index: 'by_age', keeps: (row) => (row as Setting)._id !== UNFINISHED },
  // Before the documents: what a batch has no run for yet, the restored server makes.
  batches: { index: 'by_user' },
  // Those without a document; the others come with theirs.
  runs: { index: 'by_document', equals: [null] },
  documents: { index: 'by_original', whole: true },
  versions: { ofDocuments: true },
  pipelines: { index: 'by_age' },
  pipelineVersions: { index: 'by_pipeline' },
  collections: { index: 'by_age' },
  // A login that was ended since the backup must not come back with it.
  tokens: { index: 'by_hash', keeps: (row) => (row as Token).kind === 'key' },
  auditEntries: { index: 'by_age' },
  users: { index: 'by_age' },
  uploads: { leftOut: 'A file that is no document yet is uploaded again.' },
  runPages: { leftOut: 'A run that was under way computes its pages again.' },
  begunPages: { leftOut: 'Marks of processes that are not there.' },
  usage: { leftOut: 'Counted anew from the documents.' },
  searchRows: { leftOut: 'Made anew from the versions.' },
  searchedDocuments: { leftOut: 'Made anew from the versions.' },
  locks: { leftOut: 'Of processes that are not there.' },
}

import type { MetadataStore, Table } from '@imagedoc/core'
import { type AuditEntry, auditEntries } from './audit-entry.ts'
import { type Collection, collections } from './collection.ts'
import { type Document, documents, type Version, versions } from './document.ts'
import { type HeldLock, locks, type Setting, settings } from './instance.ts'
import { type PipelineVersion, pipelines, pipelineVersions, type SavedPipeline } from './pipeline.ts'
import { type Batch, type BegunPage, batches, begunPages, type Run, type RunPage, runPages, runs } from './run.ts'
import { type SearchedDocument, type SearchRow, searchedDocuments, searchRows } from './search.ts'
import { type Token, tokens } from './token.ts'
import { type Upload, uploads } from './upload.ts'
import { type Usage, type User, usage, users } from './user.ts'

/** The application's tables, opened. */
export interface Tables {
  readonly users: Table<User>
  readonly usage: Table<Usage>
  readonly tokens: Table<Token>
  readonly collections: Table<Collection>
  readonly documents: Table<Document>
  readonly versions: Table<Version>
  readonly uploads: Table<Upload>
  readonly pipelines: Table<SavedPipeline>
  readonly pipelineVersions: Table<PipelineVersion>
  readonly runs: Table<Run>
  readonly batches: Table<Batch>
  readonly runPages: Table<RunPage>
  readonly begunPages: Table<BegunPage>
  readonly searchRows: Table<SearchRow>
  readonly searchedDocuments: Table<SearchedDocument>
  readonly auditEntries: Table<AuditEntry>
  readonly settings: Table<Setting>
  readonly locks: Table<HeldLock>
}

const definitions = {
  users,
  usage,
  tokens,
  collections,
  documents,
  versions,
  uploads,
  pipelines,
  pipelineVersions,
  runs,
  batches,
  runPages,
  begunPages,
  searchRows,
  searchedDocuments,
  auditEntries,
  settings,
  locks,
}

/** As they are called in the database. */
export const tableNames: readonly string[] = Object.values(definitions).map(({ name }) => name)

/** Brings the store's tables up to date and opens them. @throws STORE_UNAVAILABLE */
export async function openTables(store: MetadataStore): Promise<Tables> {
  await store.migrate(Object.values(definitions))
  return Object.fromEntries(
    Object.entries(definitions).map(([key, definition]) => [key, store.table(definition as never)]),
  ) as unknown as Tables
}

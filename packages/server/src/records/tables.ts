import type { MetadataStore, Stored, Table } from '@imagedoc/core'
import type { Room } from '../room/room.ts'
import { tableWithRoom } from '../room/with-room.ts'
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

/** By their names in the application. */
export const tableDefinitions = {
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
export const tableNames: readonly string[] = Object.values(tableDefinitions).map(({ name }) => name)

/** Written on a full disk, too: logging in, deleting and purging need them, and they are small. */
const always: ReadonlySet<string> = new Set<keyof Tables>(['usage', 'tokens', 'auditEntries', 'settings', 'locks'])

/** Brings the store's tables up to date and opens them; most take new rows only while there is room. @throws STORE_UNAVAILABLE */
export async function openTables(store: MetadataStore, room?: Room): Promise<Tables> {
  await store.migrate(Object.values(tableDefinitions))
  return Object.fromEntries(
    Object.entries(tableDefinitions).map(([key, definition]) => {
      const table = store.table<Stored>(definition as never)
      return [key, room && !always.has(key) ? tableWithRoom(table, room) : table]
    }),
  ) as unknown as Tables
}

import type { AnyOperation, Config, EmptyBuilder, Json, PageOperation, PipelineDefinition, StepDefinition } from '@imagedoc/core'
import { createBuilder } from '@imagedoc/core/builder'
import { ImageDocError } from '@imagedoc/core/errors'
import { createCall } from './calls/call.ts'
import { type Calls, withCalls } from './calls/calls.ts'
import { type ClientOptions, connect } from './connection.ts'
import {
  type DocumentLike,
  type Download,
  type DownloadedFile,
  type DownloadOptions,
  download,
  type PageImageOptions,
  pageImage,
} from './files/download.ts'
import { createPreview, type PreviewOptions } from './files/preview.ts'
import { type UploadedFile, type UploadOptions, upload } from './files/upload.ts'
import type { Platform, UploadSource } from './platform.ts'
import { createRunMethods } from './runs/run-methods.ts'
import type { RunMethods } from './runs/run-types.ts'

/** What a client knows of a server: its plugins' operations. The procedures are those of the server of this version. */
export interface App {
  readonly operations: AnyOperation
}

/**
 * Of a server with this configuration.
 * @example
 * import type config from './imagedoc.config.ts'
 * const client = createClient<AppOf<typeof config>>({ url, token })
 */
export interface AppOf<Configuration extends Config> {
  readonly operations: Configuration['plugins'][number]['operations'][number] | PageOperation
}

/** A document as the server gives it. */
export type ServerDocument = Awaited<ReturnType<Calls['documents']['create']>>

/** Settings of an upload that becomes a document. */
export interface UploadDocumentOptions extends UploadOptions {
  readonly collection_id: string
  /** @default the file's name */
  readonly title?: string | undefined
  readonly metadata?: Record<string, Json> | undefined
  /** Given again, the document that it made is given back. @default a new one */
  readonly idempotencyKey?: string | undefined
}

/** What takes more than one call. */
export interface FileMethods {
  /**
   * Sends a file; goes on by itself where a connection broke.
   * @throws INPUT_MISSING, EMPTY_INPUT, UNSUPPORTED_MEDIA_TYPE, CORRUPT_INPUT, INPUT_TOO_LARGE, QUOTA_EXCEEDED, SERVER_UNREACHABLE, CANCELLED
   */
  upload(source: UploadSource, options?: UploadOptions): Promise<UploadedFile>
  /** Sends a file and makes a document of it. @throws what `upload` and `documents.create` throw, and DIGEST_MISMATCH */
  uploadDocument(source: UploadSource, options: UploadDocumentOptions): Promise<ServerDocument>
  download(document: DocumentLike, options?: DownloadOptions): Promise<Download>
  /** In Node: saves the file whole, or not at all. @throws DIGEST_MISMATCH, OUTPUT_UNWRITABLE; UNSUPPORTED_BY_DRIVER in a browser */
  downloadTo(document: DocumentLike, path: string, options?: Omit<DownloadOptions, 'range'>): Promise<DownloadedFile>
  /** A page of the original as a JPEG. */
  pageImage(document: DocumentLike, options: PageImageOptions): Promise<Blob>
  /**
   * What steps make of a page, at once and at the size of a screen: pixel parameters are scaled with the page. A newer preview of the same document
   * ends an older one, which rejects with CANCELLED.
   * @throws INVALID_PIPELINE, INVALID_REQUEST, INVALID_PARAMETER with the path in the request; NOT_FOUND; CANCELLED
   * @example
   * const steps = client.pipeline().step('image.adjust', { brightness: 1.2 })
   * const smaller = await client.preview(document, { page: 1, steps })
   * const exact = await client.preview(document, { page: 1, steps, crop: { left: 900, top: 1200, width: 400, height: 300 } })
   */
  preview(document: DocumentLike, options: PreviewOptions): Promise<Blob>
}

/** Builds a pipeline of operations that are known to the server alone. */
export interface AnyBuilder {
  step(use: string, params?: Record<string, Json>, options?: Omit<StepDefinition, 'use' | 'with'>): AnyBuilder
  /** A further input beside the document. */
  input(name: string, kind: string): AnyBuilder
  /** File name to step id. */
  outputs(outputs: Readonly<Record<string, string>>): AnyBuilder
  toJSON(): PipelineDefinition
}

/** Types every step when the server's operations are known. */
export type BuilderOf<Operations extends AnyOperation> = AnyOperation extends Operations ? AnyBuilder : EmptyBuilder<Operations>

/** The server's procedures by path, files, and the pipeline builder that knows the server's operations. */
export interface Client<A extends App = App> extends Calls, FileMethods, RunMethods {
  /** Starts a pipeline; give it to `pipelines.save`, `validate` or `explain` as it is. */
  pipeline(name?: string): BuilderOf<A['operations']>
}

/** A client on a platform: each entry of the package brings its own. */
export function createClientOn<A extends App>(options: ClientOptions, platform: Platform): Client<A> {
  const connection = connect(options)
  const files = { connection, platform }
  const call = createCall(connection)
  const methods: FileMethods & RunMethods & Pick<Client, 'pipeline'> = {
    ...createRunMethods({ connection, calls: withCalls({}, call) }),
    pipeline: (name) => createBuilder(name) as unknown as AnyBuilder,
    upload: (source, settings = {}) => upload(source, settings, files),
    async uploadDocument(source, settings) {
      const { collection_id, title, metadata, idempotencyKey } = settings
      const sent = await upload(source, settings, files)
      const document = await client.documents.create(
        { collection_id, upload: sent.id, title, metadata, idempotencyKey },
        settings.signal ? { signal: settings.signal } : {},
      )
      if (sent.digest === undefined || sent.digest === document.original.digest) return document
      throw new ImageDocError('DIGEST_MISMATCH', 'The server has other bytes than were sent.', { details: { id: document.id } })
    },
    download: (document, settings = {}) => download(connection, document, settings),
    downloadTo: (document, path, settings = {}) =>
      platform.saveTo(path, (start) => download(connection, document, start > 0 ? { ...settings, range: { start } } : settings), {
        retries: connection.retries,
        signal: settings.signal,
      }),
    pageImage: (document, settings) => pageImage(connection, document, settings),
    preview: createPreview(connection),
  }
  const client = withCalls(methods, call)
  return client as unknown as Client<A>
}

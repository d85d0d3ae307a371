// The typed client of an ImageDoc server, for browsers.

import { type App, type Client, createClientOn } from '../client.ts'
import type { ClientOptions } from '../connection.ts'
import { browserPlatform } from './platform.ts'

export { type ErrorCode, errorCodes, ImageDocError, isImageDocError, type SerialisedError } from '@imagedoc/core/errors'
export type { CallOptions } from '../calls/calls.ts'
export type { AnyBuilder, App, AppOf, BuilderOf, Client, FileMethods, ServerDocument, UploadDocumentOptions } from '../client.ts'
export type { ClientOptions, Token } from '../connection.ts'
export type { DocumentLike, Download, DownloadedFile, DownloadOptions, PageImageOptions, PageWidth } from '../files/download.ts'
export type { PreviewOptions, Region } from '../files/preview.ts'
export type { UploadedFile, UploadOptions } from '../files/upload.ts'
export type { UploadSource } from '../platform.ts'
export type { EventsOptions, RunMessage, RunSnapshot } from '../runs/follow.ts'
export type {
  BatchHandle,
  BatchTarget,
  GatherTarget,
  RunHandle,
  RunMethods,
  RunOptions,
  RunOutput,
  RunPipeline,
  RunResult,
  RunSource,
  ServerBatch,
  ServerRun,
  ServerVersion,
  WaitOptions,
} from '../runs/run-types.ts'

/**
 * Connects to a server; nothing is sent before the first call. Every failure is an `ImageDocError`, also that of a network.
 * @throws INVALID_CONFIG when `url` is no address
 * @example
 * const client = createClient<AppOf<typeof config>>({ url: 'https://archive.example.org', token })
 * const { id } = await client.collections.create({ title: 'Letters' })
 * const document = await client.uploadDocument('letter.pdf', { collection_id: id })
 */
export function createClient<A extends App = App>(options: ClientOptions): Client<A> {
  return createClientOn<A>(options, browserPlatform)
}

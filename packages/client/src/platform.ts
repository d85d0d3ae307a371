import type { Digest } from '@imagedoc/core'
import type { DownloadedFile, OpenDownload } from './files/download.ts'

/** What can be uploaded: a file or blob, in Node also the path of a file, and a stream whose size is given. */
export type UploadSource = Blob | string | ReadableStream<Uint8Array>

/** Pieces of a source. */
export interface PieceReader {
  openFile(): Promise<{ size: number; slice(start: number, end: number): Promise<{ value: unknown; done: boolean }>; close(): void }>
}

/** A source, ready to be sent. */
export interface OpenSource {
  /** What tus-js-client reads by itself, or else `pieces`. */
  readonly input: Blob | ReadableStreamDefaultReader<Uint8Array>
  readonly pieces?: PieceReader | undefined
  readonly size: number
  /** The file's, never with its folder. */
  readonly name: string | undefined
  /** Known before it is sent, or after, or (a stream in a browser) never. */
  digest(): Digest | undefined
  close(): Promise<void>
}

/** Where Node and browsers differ. */
export interface Platform {
  /** @throws INPUT_MISSING, EMPTY_INPUT, USAGE */
  open(source: UploadSource, options: { size?: number | undefined; signal?: AbortSignal | undefined }): Promise<OpenSource>
  /** @throws UNSUPPORTED_BY_DRIVER where there are no files */
  saveTo(path: string, open: OpenDownload, options: { retries: number; signal?: AbortSignal | undefined }): Promise<DownloadedFile>
}

import type { Digest } from '@imagedoc/core'
import type { Connection } from '../connection.ts'

/** Which file of a document. */
export interface DownloadOptions {
  /** What a version brought. @default the original */
  readonly output?: { readonly version: number; readonly name: string; readonly page?: string | undefined } | undefined
  /** Bytes from `start` to, and with, `end`. */
  readonly range?: { readonly start: number; readonly end?: number } | undefined
  readonly signal?: AbortSignal | undefined
}

/** A file as it arrives. */
export interface Download {
  readonly stream: ReadableStream<Uint8Array>
  readonly mediaType: string
  /** Bytes of this answer: of the part, when a range was asked for. */
  readonly size: number
  /** What to call the file; without folders. */
  readonly name: string
  /** Of the whole file. */
  readonly digest: Digest | undefined
}

/** A file that was saved. */
export interface DownloadedFile extends Omit<Download, 'stream'> {
  readonly path: string
}

/** Opens the file from a byte on. */
export type OpenDownload = (start: number) => Promise<Download>

/** A document, or its id. */
export type DocumentLike = string | { readonly id: string }

/** @throws NOT_FOUND, and what every call throws */
export async function download(connection: Connection, document: DocumentLike, options: DownloadOptions): Promise<Download> {
  const { output, range, signal } = options
  const path = output ? outputPath(document, output) : `${pathOf(document)}/file`
  const headers: Record<string, string> = range ? { Range: `bytes=${range.start}-${range.end ?? ''}` } : {}
  const response = await connection.get(path, { headers, signal })
  return {
    stream: response.body ?? new Blob([]).stream(),
    mediaType: response.headers.get('Content-Type') ?? 'application/octet-stream',
    size: Number(response.headers.get('Content-Length')),
    name: nameOf(response.headers.get('Content-Disposition') ?? ''),
    digest: digestOf(response.headers.get('ETag') ?? ''),
  }
}

/** Widths in pixels that the server makes: few, so that what one reader looked at is there for the next. */
export type PageWidth = 160 | 320 | 640 | 1280 | 2560

/** A page of the original. */
export interface PageImageOptions {
  /** From 1 to the document's `pages`. */
  readonly page: number
  /** At most so wide; nothing is enlarged. @default 640 */
  readonly width?: PageWidth | undefined
  readonly signal?: AbortSignal | undefined
}

/** One page as a JPEG, upright. */
export async function pageImage(
  connection: Connection,
  document: DocumentLike,
  { page, width = 640, signal }: PageImageOptions,
): Promise<Blob> {
  return (await connection.get(`${pathOf(document)}/pages/${page}?width=${width}`, { signal })).blob()
}

/** Where the server has what belongs to it. */
export function pathOf(document: DocumentLike): string {
  return `/documents/${encodeURIComponent(typeof document === 'string' ? document : document.id)}`
}

function outputPath(document: DocumentLike, { version, name, page }: NonNullable<DownloadOptions['output']>): string {
  const query = page === undefined ? '' : `?page=${encodeURIComponent(page)}`
  return `${pathOf(document)}/versions/${version}/${encodeURIComponent(name)}${query}`
}

/** RFC 6266: `filename*` is the better one where both are given. A name is never a path. */
function nameOf(disposition: string): string {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1]
  const plain =
    /filename="((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1]?.replace(/\\(.)/g, '$1') ?? /filename=([^;"]+)/i.exec(disposition)?.[1]
  const name = (extended === undefined ? plain : decoded(extended))?.trim().split(/[\\/]/).at(-1)
  return name && !/^\.*$/.test(name) ? name : 'document'
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The server's entity tag is the digest: a file never changes. */
function digestOf(tag: string): Digest | undefined {
  const hex = /^(?:W\/)?"(?:sha256[:-])?([0-9a-f]{64})"$/.exec(tag)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

import type { Digest } from '@imagedoc/core'
import { abortError, ImageDocError, isImageDocError } from '@imagedoc/core/errors'
import { type DetailedError, Upload } from 'tus-js-client'
import type { Connection } from '../connection.ts'
import { readBody, statusError, unreachable } from '../errors.ts'
import type { OpenSource, Platform, UploadSource } from '../platform.ts'
import { watchForStall } from './stall.ts'

/** What is lost when a connection breaks behind a proxy that keeps a request until it is complete; and what a stream keeps in memory. */
const CHUNK_BYTES = 8 * 2 ** 20
/** Counted anew whenever something got through. */
const RETRY_DELAYS_MS = [200, 1000, 3000, 5000, 10_000, 20_000]

/** Settings of one upload. */
export interface UploadOptions {
  /** The title that the document gets when it is given none. @default the file's name */
  readonly filename?: string | undefined
  /** A file that ends before it is whole is taken as it is, because only this is left of it. @default false: it is refused with CORRUPT_INPUT */
  readonly acceptDamaged?: boolean | undefined
  /** Bytes; needed for a stream, and for nothing else. */
  readonly size?: number | undefined
  /** Called as bytes go out; after a break it may begin further down again. */
  readonly onProgress?: ((progress: { sentBytes: number; totalBytes: number }) => void) | undefined
  /** Called with the upload's id as soon as the server knows of it: keep it to go on in another process. */
  readonly onCreated?: ((id: string) => void) | undefined
  /** The id of an upload of the same file that was not finished; when the server has it no more, it begins anew. */
  readonly resumeFrom?: string | undefined
  /** Aborting stops; what has arrived stays there for `resumeFrom` until the server tidies up. */
  readonly signal?: AbortSignal | undefined
}

/** A file that the server has completely. */
export interface UploadedFile {
  /** What `documents.create` takes as `upload`. */
  readonly id: string
  readonly size: number
  /** Of what was sent; undefined for streams, and files over 64 MB, in a browser. */
  readonly digest: Digest | undefined
}

/** Sends a file so that a broken connection costs no more than what was on its way. */
export async function upload(
  source: UploadSource,
  options: UploadOptions,
  { connection, platform }: { connection: Connection; platform: Platform },
): Promise<UploadedFile> {
  const { signal } = options
  if (signal?.aborted) throw abortError(signal)
  const opened = await platform.open(source, options)
  try {
    const id = await send(opened, options, connection)
    return { id, size: opened.size, digest: opened.digest() }
  } finally {
    await opened.close().catch(() => {})
  }
}

function send(opened: OpenSource, options: UploadOptions, connection: Connection): Promise<string> {
  const { onProgress, onCreated, resumeFrom, signal } = options
  const endpoint = connection.address('/uploads')
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => {
      stall.stop()
      signal?.removeEventListener('abort', cancel)
      done()
    }
    const cancel = () => {
      // Rejects when a request fails while it is being stopped: nothing to do about that.
      void running.abort().catch(() => {})
      settle(() => reject(signal ? abortError(signal) : undefined))
    }
    const running = new Upload(opened.input, {
      endpoint,
      ...(resumeFrom === undefined ? {} : { uploadUrl: `${endpoint}/${resumeFrom}` }),
      ...(opened.pieces ? { fileReader: opened.pieces } : {}),
      uploadSize: opened.size,
      metadata: metadataOf(opened, options),
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      // Its memory is the browser's storage, which the page may not want written to.
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => {
        for (const [name, value] of Object.entries(await connection.headers())) request.setHeader(name, value)
      },
      onAfterResponse: () => stall.moved(),
      onShouldRetry: isPassing,
      onUploadUrlAvailable: () => onCreated?.(idOf(running)),
      onProgress: (sentBytes, totalBytes) => {
        stall.moved()
        onProgress?.({ sentBytes, totalBytes })
      },
      onSuccess: () => settle(() => resolve(idOf(running))),
      onError: (error) => settle(() => reject(uploadError(error, connection.url))),
    })
    const stall = watchForStall(running, () => settle(() => reject(unreachable(connection.url, new Error('no answer for too long')))))
    signal?.addEventListener('abort', cancel, { once: true })
    running.start()
  })
}

function metadataOf(opened: OpenSource, { acceptDamaged = false, filename }: UploadOptions): Record<string, string> {
  const name = filename ?? opened.name
  const digest = opened.digest()
  return {
    ...(name === undefined ? {} : { filename: name }),
    ...(digest === undefined ? {} : { digest }),
    ...(acceptDamaged ? { acceptDamaged: 'true' } : {}),
  }
}

function idOf({ url }: Upload): string {
  return url?.split('/').at(-1) ?? ''
}

/** 409 and 423: the request before is still being written; asked again, the server says how far it came. */
function isPassing(error: DetailedError): boolean {
  if (isImageDocError(error.causingError)) return false
  const status = error.originalResponse?.getStatus() ?? 0
  if (status === 0 || status === 409 || status === 423 || status === 429) return true
  return readBody(error.originalResponse?.getBody() ?? '')?.retryable ?? status >= 500
}

function uploadError(error: Error | DetailedError, url: string): ImageDocError {
  if (!('originalResponse' in error))
    return new ImageDocError('INPUT_MISSING', `The file could not be read: ${error.message}`, { cause: error })
  const { originalRequest, originalResponse, causingError } = error
  if (isImageDocError(causingError)) return causingError
  if (originalResponse) return readBody(originalResponse.getBody()) ?? statusError(originalResponse.getStatus())
  return originalRequest ? unreachable(url, causingError ?? error) : new ImageDocError('INTERNAL', error.message, { cause: error })
}

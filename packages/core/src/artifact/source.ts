import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { ImageDocError, isImageDocError } from '../errors/error.ts'
import type { Descriptor } from './digest.ts'

/** A document or further input as it comes in. */
export interface Source {
  /** For messages and output names; no path. */
  readonly name: string
  /** Known beforehand, for example from a store: then the bytes are not read to find the digest. Trusted. */
  readonly descriptor?: Descriptor
  /** Can be opened only once: what a run needs of it is kept aside. */
  readonly once?: boolean
  open(): Promise<ReadableStream<Uint8Array>>
}

/** What a run is given, by the pipeline's input names; a list is gathered into one sequence. */
export type Inputs = Readonly<Record<string, Source | readonly Source[]>>

/**
 * A file on disk; it is never written to.
 * @throws INPUT_MISSING (when it is opened) if it does not exist or cannot be read.
 */
export function fromFile(path: string, options: { name?: string } = {}): Source {
  const name = options.name ?? basename(path)
  return {
    name,
    open: async () => {
      const stream = createReadStream(path)
      await new Promise<void>((resolve, reject) => {
        stream.once('open', () => resolve())
        stream.once('error', (error: NodeJS.ErrnoException) => reject(unreadable(name, error)))
      })
      return Readable.toWeb(stream) as ReadableStream<Uint8Array>
    },
  }
}

/** Bytes in memory. They must not be changed afterwards. */
export function fromBytes(bytes: Uint8Array, options: { name: string; descriptor?: Descriptor }): Source {
  return {
    ...options,
    open: async () =>
      new ReadableStream({
        start(controller) {
          if (bytes.length > 0) controller.enqueue(bytes)
          controller.close()
        },
      }),
  }
}

/** A stream, read once: a run keeps what it needs of it. */
export function fromStream(stream: ReadableStream<Uint8Array>, options: { name: string }): Source {
  let used = false
  return {
    ...options,
    once: true,
    open: async () => {
      if (used) throw new ImageDocError('USAGE', `The stream "${options.name}" was read already; give a new one to each run.`)
      used = true
      return stream
    },
  }
}

function unreadable(name: string, error: NodeJS.ErrnoException): ImageDocError {
  if (isImageDocError(error)) return error
  const reasons: Record<string, string> = { ENOENT: 'it does not exist', EACCES: 'permission is denied', EISDIR: 'it is a folder' }
  const reason = reasons[error.code ?? ''] ?? `the system says ${error.code ?? 'no'}`
  return new ImageDocError('INPUT_MISSING', `The input "${name}" could not be read: ${reason}.`, { cause: error })
}

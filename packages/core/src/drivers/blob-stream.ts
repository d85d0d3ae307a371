import { createDigester, type Digest, digestOf } from '../artifact/digest.ts'
import { abortError, ImageDocError, isImageDocError } from '../errors/error.ts'
import { onAbort } from '../errors/on-abort.ts'
import { type BlobFile, damaged, PIECE_BYTES, readPieces, readWhole, WHOLE_BYTES } from './blob-file.ts'
import { systemCode } from './staging.ts'

export interface BlobStreamOptions {
  digest: Digest
  /** In bytes; `end` is exclusive. */
  start: number
  end: number
  /** Never in one piece, unless it is a small one. */
  pieces?: boolean | undefined
  signal: AbortSignal | undefined
  /** Called when the bytes turn out to be damaged. */
  discard: () => Promise<void>
}

/** A range within a blob of `size` bytes; what lies behind its end is left out. @throws USAGE when a bound is no byte or they are in the wrong order */
export function rangeOf(range: { start?: number; end?: number }, size: number): { start: number; end: number } {
  const { start = 0, end = Math.max(start, size) } = range
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start) {
    throw new ImageDocError('USAGE', `The range ${start} to ${end} is no range of bytes; give whole numbers, 0 <= start <= end.`)
  }
  return { start: Math.min(start, size), end: Math.min(end, size) }
}

/**
 * An open blob as a stream that owns the file: small blobs come in one piece, already checked; of larger ones a whole read ends in an error
 * instead of an end when they are damaged.
 */
export function blobStream(file: BlobFile, options: BlobStreamOptions): ReadableStream<Uint8Array> {
  const { signal } = options
  const pieces = checkedPieces(file, options)
  let stopListening: (() => void) | undefined
  const finish = async () => {
    stopListening?.()
    await file.handle.close()
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      stopListening =
        signal &&
        onAbort(signal, () => {
          controller.error(abortError(signal))
          void pieces.return().then(finish, finish)
        })
    },
    async pull(controller) {
      try {
        const { done, value } = await pieces.next()
        if (signal?.aborted) return
        if (!done) return controller.enqueue(value)
        await finish()
        controller.close()
      } catch (error) {
        await finish()
        controller.error(await translated(error, options))
      }
    },
    async cancel() {
      await pieces.return()
      await finish()
    },
  })
}

async function* checkedPieces(
  file: BlobFile,
  { digest, start, end, pieces }: BlobStreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const whole = start === 0 && end === file.size
  if (whole && end <= (pieces ? PIECE_BYTES : WHOLE_BYTES)) {
    const bytes = await readWhole(file)
    // Nobody gets to see a small blob that is damaged. Not by crypto.subtle: its copy blocks for 11 ms where the digest itself takes 15.
    if (digestOf(bytes) !== digest) throw damaged()
    if (bytes.length > 0) yield bytes
    return
  }
  const digester = createDigester()
  // The last one is held back until all are checked: so nobody gets all bytes of a damaged blob.
  let last: Uint8Array | undefined
  for await (const piece of readPieces(file, start, end)) {
    if (whole) digester.update(piece)
    if (last) yield last
    last = piece
  }
  if (whole && digester.digest() !== digest) throw damaged()
  if (last) yield last
}

async function translated(error: unknown, { discard }: BlobStreamOptions): Promise<ImageDocError> {
  if (!isImageDocError(error)) {
    return new ImageDocError('STORE_FAILED', `A blob could not be read: the system says ${systemCode(error)}.`, { cause: error })
  }
  // The bytes are of no use to anyone; that they could not be removed changes nothing for this reader.
  if (error.code === 'DIGEST_MISMATCH') await discard().catch(() => {})
  return error
}

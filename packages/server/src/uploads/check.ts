import {
  createDigester,
  type Descriptor,
  type Diagnostic,
  type Digest,
  type ErrorCode,
  ImageDocError,
  isImageDocError,
  SNIFF_BYTES,
  sniff,
  throwIfAborted,
  typeInWords,
} from '@imagedoc/core'
import { cacheScopeOf } from '../cache-scope.ts'
import { type Inspection, inspectDocument } from '../documents/inspect-document.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'interactive' | 'queues' | 'settings'>

/** A file that has arrived as a whole. */
export interface Arrived {
  /** From its beginning; may be called more than once. @throws INPUT_MISSING */
  readonly open: () => Promise<ReadableStream<Uint8Array>>
  readonly fileName: string
  readonly size: number
  /** Whose turn it is that the check takes. */
  readonly userId: string
  readonly signal: AbortSignal
  /** What the client says that it sent. */
  readonly digest?: Digest
  /** Only this is left of it, says the client: one that is cut off is taken as it is. */
  readonly acceptDamaged: boolean
}

/** Ways in which a child ends over a file: the file is to blame, not the server. */
const unreadable: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['PROCESS_CRASHED', 'ENGINE_FAILED', 'OPERATION_FAILED', 'STEP_TIMEOUT'])

/**
 * Checks by its content, in a child process with limits, that a file is a document that can be worked on, and that its end is there. One that is
 * damaged inside is taken: every run on it reports that.
 * @throws UNSUPPORTED_MEDIA_TYPE, DIGEST_MISMATCH, CORRUPT_INPUT, PASSWORD_REQUIRED, TOO_MANY_PAGES, TOO_MANY_PIXELS, MEMORY_LIMIT
 */
export async function checkFile(services: Needs, file: Arrived): Promise<{ original: Descriptor; pages: number }> {
  const { signal, userId } = file
  const { mediaType, digest } = await readThrough(file)
  if (file.digest !== undefined && file.digest !== digest) {
    throw new ImageDocError('DIGEST_MISMATCH', `What arrived has the digest ${digest}, but ${file.digest} was announced. Send it again.`, {
      path: 'digest',
    })
  }
  const original = { mediaType, digest, size: file.size }
  const input = { name: file.fileName, open: file.open, descriptor: original }
  // Whoever sends a file learns nothing of others who have it.
  const scope = cacheScopeOf(services, { user_id: userId })
  const inspect = (signal: AbortSignal): Promise<Inspection> => inspectDocument(services.interactive, input, { signal, ...scope })
  const inspected = services.queues.inspections.run(userId, inspect, { signal })
  const { pages, cutOff } = await inspected.catch((error: unknown) => Promise.reject(refusal(error)))
  if (cutOff && !file.acceptDamaged) throw cutOffError(file.fileName, cutOff)
  return { original, pages }
}

/** What was found says how much is missing. */
function cutOffError(fileName: string, { message, details = null }: Diagnostic): ImageDocError {
  return new ImageDocError(
    'CORRUPT_INPUT',
    `"${fileName}" ends before it is whole. ${message} Where only this is left of it, upload it with "acceptDamaged" (imagedoc upload --damaged).`,
    { details },
  )
}

/** One pass: a file of the wrong type is refused at its beginning. */
async function readThrough({ open, signal, size }: Arrived): Promise<Pick<Descriptor, 'mediaType' | 'digest'>> {
  const digester = createDigester()
  let head = Buffer.alloc(0)
  let mediaType: string | undefined
  let read = 0
  for await (const piece of await open()) {
    throwIfAborted(signal)
    digester.update(piece)
    read += piece.length
    if (mediaType !== undefined) continue
    head = Buffer.concat([head, piece])
    if (head.length >= SNIFF_BYTES || read === size) mediaType = mediaTypeOf(head.subarray(0, SNIFF_BYTES))
  }
  if (read === size && mediaType !== undefined) return { mediaType, digest: digester.digest() }
  throw new ImageDocError('STORE_FAILED', `Of the ${size} bytes of the upload ${read} could be read. Try again.`)
}

/** Which images can be read, the loaded codecs decide later, in the same words. */
function mediaTypeOf(head: Uint8Array): string {
  const found = sniff(head)
  if (found && ['image', 'pdf'].includes(found.kind)) return found.mediaType
  const { what, remedy } = typeInWords(found?.mediaType)
  const message = `By its content the file is ${what}. ${remedy ?? ''} Send a PDF, or an image as JPEG, PNG, WebP, TIFF or AVIF.`
  throw new ImageDocError('UNSUPPORTED_MEDIA_TYPE', message.replace('  ', ' '), { details: { mediaType: found?.mediaType ?? null } })
}

function refusal(error: unknown): unknown {
  if (!isImageDocError(error) || !unreadable.has(error.code)) return error
  const why =
    error.code === 'STEP_TIMEOUT'
      ? `The file is too slow to be read. ${error.message}`
      : 'The file could not be read: what reads such files failed over it. It is damaged, or made to do harm.'
  return new ImageDocError('CORRUPT_INPUT', why, { details: { reason: error.code }, cause: error })
}

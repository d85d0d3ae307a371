import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import {
  createDigester,
  type Descriptor,
  type Digest,
  type ErrorCode,
  fromFile,
  ImageDocError,
  isImageDocError,
  SNIFF_BYTES,
  sniff,
} from '@imagedoc/core'
import { z } from 'zod'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'imagedoc'>

/** A file that has arrived as a whole. */
export interface Arrived {
  readonly path: string
  readonly fileName: string
  readonly size: number
  /** What the client says that it sent. */
  readonly digest?: Digest
}

const pipeline = { version: 1 as const, steps: [{ use: 'document.inspect' }], outputs: { 'inspection.json': 'document.inspect' } }
const inspection = z.looseObject({ pages: z.int().min(1) })

/** Ways in which a child ends over a file: the file is to blame, not the server. */
const unreadable: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['PROCESS_CRASHED', 'ENGINE_FAILED', 'OPERATION_FAILED', 'STEP_TIMEOUT'])

/**
 * Checks by its content, in a child process with limits, that a file is a document that can be worked on.
 * @throws UNSUPPORTED_MEDIA_TYPE, DIGEST_MISMATCH, CORRUPT_INPUT, PASSWORD_REQUIRED, TOO_MANY_PAGES, TOO_MANY_PIXELS, MEMORY_LIMIT
 */
export async function checkFile(services: Needs, file: Arrived): Promise<{ original: Descriptor; pages: number }> {
  const mediaType = await mediaTypeOf(file)
  const digest = await digestOfFile(file.path)
  if (file.digest !== undefined && file.digest !== digest) {
    throw new ImageDocError('DIGEST_MISMATCH', `What arrived has the digest ${digest}, but ${file.digest} was announced. Send it again.`, {
      path: 'digest',
    })
  }
  const original = { mediaType, digest, size: file.size }
  const { pages } = await inspect(services, file, original)
  return { original, pages }
}

/** Puts a checked file among the owned blobs. @throws STORE_FAILED; DIGEST_MISMATCH when it was changed since */
export async function storeFile({ blobs }: Pick<Services, 'blobs'>, { path }: Arrived, { mediaType, digest }: Descriptor): Promise<void> {
  const content = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>
  await blobs.put('objects', content, { mediaType, expect: digest })
}

/** Which images can be read, the loaded codecs decide later. */
async function mediaTypeOf({ path }: Arrived): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(SNIFF_BYTES))
    const found = sniff(buffer.subarray(0, bytesRead))
    if (found && ['image', 'pdf'].includes(found.kind)) return found.mediaType
    const message = `By its content the file is ${found?.mediaType ?? 'of no known type'}. Send a PDF, or an image as JPEG, PNG, WebP, TIFF or AVIF.`
    throw new ImageDocError('UNSUPPORTED_MEDIA_TYPE', message)
  } finally {
    await file.close()
  }
}

async function digestOfFile(path: string): Promise<Digest> {
  const digester = createDigester()
  for await (const chunk of createReadStream(path)) digester.update(chunk as Uint8Array)
  return digester.digest()
}

async function inspect({ imagedoc }: Needs, { path, fileName }: Arrived, descriptor: Descriptor): Promise<z.output<typeof inspection>> {
  const input = { ...fromFile(path, { name: fileName }), descriptor }
  const { outputs, error } = await imagedoc.run(pipeline, { input })
  if (error) throw refusal(error)
  const artifact = await outputs['inspection.json']?.one()
  return inspection.parse(JSON.parse(new TextDecoder().decode(await artifact?.bytes())))
}

function refusal(error: ImageDocError): ImageDocError {
  if (!isImageDocError(error) || !unreadable.has(error.code)) return error
  return new ImageDocError(
    'CORRUPT_INPUT',
    'The file could not be read: what reads such files failed over it. It is damaged, or made to do harm.',
    {
      details: { reason: error.code },
      cause: error,
    },
  )
}

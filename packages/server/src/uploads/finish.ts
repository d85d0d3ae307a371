import { errorCodes, isDigest, isImageDocError } from '@imagedoc/core'
import { keepBlob } from '../documents/held-blobs.ts'
import { changeRow } from '../records/change-row.ts'
import type { Id } from '../records/id.ts'
import type { Upload } from '../records/upload.ts'
import type { Services } from '../services.ts'
import { type Arrived, checkFile } from './check.ts'
import { noSuchUpload, removeUpload } from './claim.ts'

type Needs = Pick<Services, 'interactive' | 'lock' | 'log' | 'queues' | 'settings' | 'tables' | 'uploads'>

/** Larger files are checked beside the others, few at a time: reading them takes long. */
const LARGE_BYTES = 64 * 1024 ** 2

/** Finishes uploads whose bytes are all there. */
export interface Finisher {
  /**
   * Checks and stores the file; once, however often it is asked for. A refused one is deleted at once.
   * @throws NOT_FOUND; why the file is refused; STORE_FAILED, STORE_UNAVAILABLE when it may be tried again
   */
  finish(id: Id, announced: { digest?: string | null | undefined }): Promise<Upload>
}

export function createFinisher(services: Needs): Finisher {
  const running = new Map<Id, Promise<Upload>>()
  const start = async (id: Id, digest: string | null | undefined): Promise<Upload> => {
    const upload = await services.tables.uploads.get(id)
    if (!upload) throw noSuchUpload()
    if (upload.original) return upload
    const queue = upload.size > LARGE_BYTES ? services.queues.largeChecks : services.queues.checks
    return queue.run(upload.user_id, (signal) => complete(services, upload, { digest, signal }))
  }
  return {
    finish(id, { digest }) {
      const begun = running.get(id)
      if (begun) return begun
      const work = start(id, digest).finally(() => running.delete(id))
      running.set(id, work)
      return work
    },
  }
}

interface Completing {
  readonly digest: string | null | undefined
  readonly signal: AbortSignal
}

async function complete(services: Needs, upload: Upload, { digest, signal }: Completing): Promise<Upload> {
  const { log, uploads } = services
  const { _id, accept_damaged: acceptDamaged = false, file_name: fileName, size, user_id: userId } = upload
  const file = { open: () => uploads.open(_id), fileName, size, userId, signal, acceptDamaged, ...(isDigest(digest) && { digest }) }
  try {
    const stored = await storeAndHold(services, upload, file)
    if (!stored) throw noSuchUpload()
    // It is stored: what cannot be removed now is the sweep's.
    await uploads.delete(_id).catch(() => {})
    return stored
  } catch (error) {
    if (isGone(error)) throw noSuchUpload()
    if (isRefusal(error)) {
      log.info({ upload: _id, code: error.code }, 'An upload was refused.')
      await removeUpload(services, _id)
    }
    throw error
  }
}

/** Undefined when the upload is gone meanwhile: then the blob is the sweep's. */
async function storeAndHold(services: Needs, { _id }: Upload, file: Arrived): Promise<Upload | undefined> {
  const { original, pages } = await checkFile(services, file)
  await using _turn = await keepBlob(services, original.digest)
  await services.uploads.keep(_id, original)
  return changeRow(services.tables.uploads, _id, () => ({ original, pages }))
}

/** By the table of codes: 5 is an input refused, 6 one over a limit. Anything else is no fault of the file, which is kept. */
function isRefusal(error: unknown): error is { code: keyof typeof errorCodes } {
  return isImageDocError(error) && [5, 6].includes(errorCodes[error.code].exit)
}

/** Deleted while it was looked at. */
function isGone(error: unknown): boolean {
  return isImageDocError(error) && error.code === 'INPUT_MISSING'
}

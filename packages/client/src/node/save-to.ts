import { createHash, type Hash, randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { ImageDocError } from '@imagedoc/core/errors'
import type { Download, DownloadedFile, OpenDownload } from '../files/download.ts'
import type { Platform } from '../platform.ts'
import { retrying } from '../retry.ts'

/** Appears under its name only when it is complete and its digest is right; goes on where a connection broke. */
export const saveTo: Platform['saveTo'] = async (path, openFrom, { retries, signal }) => {
  const partial = `${path}.${randomUUID()}.part`
  const file = await open(partial, 'wx').catch(cannotWrite)
  try {
    const arrived: Arrived = { file, hash: createHash('sha256'), bytes: 0, first: undefined }
    await retrying(() => receive(arrived, openFrom), { retries, isSafe: () => true, signal })
    await file.sync()
    await file.close()
    const saved = checked(arrived, path)
    await rename(partial, path).catch(cannotWrite)
    return saved
  } finally {
    await file.close().catch(() => {})
    await rm(partial, { force: true })
  }
}

interface Arrived {
  readonly file: FileHandle
  readonly hash: Hash
  bytes: number
  /** The first answer: it says what the whole file is. */
  first: Download | undefined
}

async function receive(arrived: Arrived, openFrom: OpenDownload): Promise<void> {
  if (arrived.first && arrived.bytes === arrived.first.size) return
  const answer = await openFrom(arrived.bytes)
  arrived.first ??= answer
  if (answer.digest !== arrived.first.digest || answer.size !== arrived.first.size - arrived.bytes) {
    await answer.stream.cancel()
    throw new ImageDocError('DIGEST_MISMATCH', 'The file was replaced while it was downloaded. Download it again.')
  }
  for await (const chunk of answer.stream) {
    await arrived.file.writeFile(chunk).catch(cannotWrite)
    arrived.hash.update(chunk)
    arrived.bytes += chunk.length
  }
}

function cannotWrite(error: NodeJS.ErrnoException): never {
  throw new ImageDocError('OUTPUT_UNWRITABLE', `The file could not be written: ${error.code}.`, { cause: error })
}

function checked({ hash, bytes, first }: Arrived, path: string): DownloadedFile {
  const digest = `sha256:${hash.digest('hex')}` as const
  if (!first || bytes !== first.size || (first.digest !== undefined && first.digest !== digest))
    throw new ImageDocError('DIGEST_MISMATCH', 'What was downloaded is not what the server has. Nothing was saved.', {
      details: { bytes, expectedBytes: first?.size ?? 0 },
    })
  return { path, mediaType: first.mediaType, size: bytes, name: first.name, digest }
}

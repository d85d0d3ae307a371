import { join } from 'node:path'
import { type BlobStore, createFileBlobStore, type Lock } from '@imagedoc/core'
import type { S3Connection, S3Options } from '../drivers/s3/connection.ts'
import type { PresignedDownloads } from '../files/presigned-downloads.ts'
import type { Room } from '../room/room.ts'
import { blobsWithRoom } from '../room/with-room.ts'
import type { ServerSettings } from '../settings/settings.ts'
import type { Leftovers } from '../sweep/leftovers.ts'
import { createFileUploadStore } from '../uploads/file-upload-store.ts'
import type { UploadStore } from '../uploads/upload-store.ts'
import type { SendInTurn } from './send-in-turn.ts'

/** Blobs of the data folder, which a cache in files can count. */
export type FileBlobs = ReturnType<typeof createFileBlobStore>

/** What receiving uploads takes. */
export interface UploadNeeds {
  readonly lock: Lock
  readonly room: Room
  readonly sendInTurn: SendInTurn
}

/** Where bytes are: a bucket, or files. */
export interface Objects {
  readonly blobs: BlobStore
  /** The same, when it is files. */
  readonly files: FileBlobs | undefined
  readonly downloads: PresignedDownloads | undefined
  readonly leftovers: Leftovers | undefined
  /** Uploads go where the blobs are, which they become. */
  uploads(needs: UploadNeeds): Promise<UploadStore>
}

/** The settings as the S3 driver takes them; undefined without a bucket. */
export function s3OptionsOf(settings: ServerSettings): S3Options | undefined {
  const { s3Bucket: bucket, s3AccessKey: accessKeyId, s3SecretKey: secretAccessKey } = settings
  if (bucket === undefined) return undefined
  return {
    bucket,
    endpoint: settings.s3Endpoint,
    region: settings.s3Region,
    prefix: settings.s3Prefix,
    ...(accessKeyId !== undefined && secretAccessKey !== undefined ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    ...(settings.s3DownloadEndpoint === undefined ? {} : { downloadEndpoint: settings.s3DownloadEndpoint }),
  }
}

/** @throws INVALID_CONFIG for a bucket that cannot be used, by the variables to look at */
export async function openObjects(settings: ServerSettings, stack: AsyncDisposableStack): Promise<Objects> {
  const options = s3OptionsOf(settings)
  if (options) return inBucket(settings, options, stack)
  const { dataFolder } = settings
  const blobs = stack.use(createFileBlobStore({ path: join(dataFolder, 'blobs') }))
  const uploads = async ({ room }: UploadNeeds): Promise<UploadStore> =>
    createFileUploadStore({ folder: join(dataFolder, 'uploads'), blobs: blobsWithRoom(blobs, room), room })
  return { blobs, files: blobs, downloads: undefined, leftovers: undefined, uploads }
}

async function inBucket({ s3Presigned }: ServerSettings, options: S3Options, stack: AsyncDisposableStack): Promise<Objects> {
  const { createS3Connection } = await import('../drivers/s3/connection.ts')
  const { assertBucket } = await import('../drivers/s3/probe.ts')
  const { createS3BlobStore } = await import('../drivers/s3/blob-store.ts')
  const { createS3Leftovers } = await import('../drivers/s3/leftovers.ts')
  const connection = createS3Connection(options)
  // It closes the connection, too.
  const blobs = stack.use(createS3BlobStore(connection))
  await assertBucket(connection)
  return {
    blobs,
    files: undefined,
    downloads: s3Presigned ? await presigned(connection) : undefined,
    leftovers: createS3Leftovers(connection),
    uploads: async ({ lock, sendInTurn }) =>
      (await import('../drivers/s3/upload-store.ts')).createS3UploadStore({ connection, lock, sendInTurn }),
  }
}

async function presigned(connection: S3Connection): Promise<PresignedDownloads> {
  return (await import('../drivers/s3/presign.ts')).createS3Downloads({ connection })
}

import { mkdir, realpath } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { type BlobStore, createFileBlobStore, ImageDocError } from '@imagedoc/core'
import type { S3Options } from '../drivers/s3/connection.ts'
import { s3OptionsOf } from '../open-drivers/objects.ts'
import { usesDataFolder } from '../open-drivers/places.ts'
import type { ServerSettings } from '../settings/settings.ts'
import { createBucketNotes, createFolderNotes, type Notes } from './notes.ts'

/** Where backups are. All of one place share its blobs: the files of documents and versions, and the rows of tables in parts. */
export interface BackupPlace {
  readonly blobs: BlobStore
  readonly notes: Notes
}

type Target = { readonly folder: string } | { readonly bucket: S3Options & { readonly prefix: string } }

/** Opens the place for reading. @throws USAGE for an address that is none */
export async function openPlace(address: string, settings: ServerSettings, stack: AsyncDisposableStack): Promise<BackupPlace> {
  const target = targetOf(address, settings)
  if ('folder' in target) {
    const { folder } = target
    return { blobs: stack.use(createFileBlobStore({ path: folder })), notes: createFolderNotes(folder) }
  }
  const { createS3Connection } = await import('../drivers/s3/connection.ts')
  const { createS3BlobStore } = await import('../drivers/s3/blob-store.ts')
  const connection = createS3Connection(target.bucket)
  // It closes the connection, too.
  return { blobs: stack.use(createS3BlobStore(connection)), notes: createBucketNotes(connection) }
}

/**
 * Makes the place fit to be written to: a folder is made, for its owner alone, since a backup holds what the database holds.
 * @throws USAGE for a place within what is backed up, or around it; STORE_FAILED for a folder that cannot be made
 */
export async function preparePlace(address: string, settings: ServerSettings): Promise<void> {
  const target = targetOf(address, settings)
  if ('bucket' in target) return assertOtherBucket(target.bucket, settings)
  await assertOtherFolder(target.folder, settings)
  for (const folder of [target.folder, ...['objects', 'tmp', 'backups'].map((name) => join(target.folder, name))]) {
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      const why = error.code === 'EEXIST' || error.code === 'ENOTDIR' ? 'a file is in its place' : `the system says ${error.code}`
      throw new ImageDocError('STORE_FAILED', `The folder ${address} for the backup could not be made: ${why}.`, { cause: error })
    })
  }
}

function targetOf(address: string, settings: ServerSettings): Target {
  // A script's variable that is not set must not mean the folder in which it stands.
  if (address.trim() === '') throw new ImageDocError('USAGE', 'The place for backups is empty. Name a folder, or s3://bucket/prefix.')
  if (!/^[a-z][a-z\d+.-]+:\/\//i.test(address)) return { folder: resolve(address) }
  const [, bucket, path = ''] = /^s3:\/\/([\w][\w.-]{2,62})((?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*)\/?$/.exec(address) ?? []
  if (bucket === undefined) {
    const expected = 's3://bucket/prefix, where the prefix consists of letters, digits, ".", "_", "-" and "/"'
    throw new ImageDocError('USAGE', `"${address}" is no place for backups. Name a folder, or a bucket as ${expected}.`)
  }
  return { bucket: { ...accessOf(settings), bucket, prefix: path === '' ? '' : `${path.slice(1)}/` } }
}

/** Settings of one server are never mixed with those of another. */
function accessOf(settings: ServerSettings): Pick<S3Options, 'endpoint' | 'region' | 'credentials'> {
  const {
    backupS3Endpoint: endpoint,
    backupS3Region: region,
    backupS3AccessKey: accessKeyId,
    backupS3SecretKey: secretAccessKey,
  } = settings
  if ([endpoint, region, accessKeyId].every((value) => value === undefined)) return s3OptionsOf(settings) ?? {}
  return {
    endpoint,
    region,
    ...(accessKeyId !== undefined && secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  }
}

function assertOtherBucket({ bucket, endpoint, prefix }: S3Options & { prefix: string }, settings: ServerSettings): void {
  const own = s3OptionsOf(settings)
  if (own?.bucket !== bucket || own.endpoint !== endpoint) return
  const ownPrefix = own.prefix ?? ''
  if (!prefix.startsWith(ownPrefix) && !ownPrefix.startsWith(prefix)) return
  throw new ImageDocError(
    'USAGE',
    'The backup would lie among the files that it is of: the bucket is IMAGEDOC_S3_BUCKET, and the prefix is within IMAGEDOC_S3_PREFIX or around it. Name another bucket.',
  )
}

async function assertOtherFolder(folder: string, settings: ServerSettings): Promise<void> {
  if (!usesDataFolder(settings)) return
  const [target, data] = [await realPath(folder), await realPath(resolve(settings.dataFolder))]
  if (!isWithin(target, data) && !isWithin(data, target)) return
  throw new ImageDocError(
    'USAGE',
    'The backup would lie in the data folder that it is of, or around it. Name a folder elsewhere, best on another disk.',
  )
}

/** Of the part that is there. */
async function realPath(path: string): Promise<string> {
  const parent = dirname(path)
  return realpath(path).catch(async () => (parent === path ? path : join(await realPath(parent), path.slice(parent.length))))
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

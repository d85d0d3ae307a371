import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { S3Connection } from './connection.ts'
import { isMissing } from './errors.ts'

/** One object as its headers describe it. */
export interface S3Object {
  readonly key: string
  readonly etag: string
  /** Bytes in the bucket. */
  readonly stored: number
  /** Bytes of the content; undefined where a packed one does not say so: it is damaged. */
  readonly size: number | undefined
  /** Compressed by zstd. */
  readonly packed: boolean
  readonly mediaType: string
  readonly metadata: Readonly<Record<string, string>>
  readonly modified: Date
}

const PACKED = 'imagedoc-packed'
const SIZE = 'imagedoc-size'

/** What is written with an object, so that its size is known without unpacking it. */
export function metadataOf({ packed, size }: { packed: boolean; size: number }): Record<string, string> {
  return packed ? { [PACKED]: 'zstd', [SIZE]: String(size) } : {}
}

export function describe(key: string, answer: Omit<HeadObjectCommandOutput, '$metadata'>): S3Object {
  const { ETag = '', ContentLength = 0, ContentType = 'application/octet-stream', Metadata = {}, LastModified } = answer
  const packed = Metadata[PACKED] !== undefined
  return {
    key,
    etag: ETag,
    stored: ContentLength,
    size: packed ? sizeIn(Metadata) : ContentLength,
    packed,
    mediaType: ContentType,
    metadata: Metadata,
    modified: LastModified ?? new Date(0),
  }
}

/** Undefined when it is not there. */
export async function head(connection: S3Connection, key: string, signal?: AbortSignal): Promise<S3Object | undefined> {
  const client = await connection.client()
  try {
    return describe(key, await client.headObject({ Bucket: connection.bucket, Key: key }, signal ? { abortSignal: signal } : {}))
  } catch (error) {
    // An answer to HEAD has no body that would tell the bucket's absence from the object's.
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Deleting what is not there is no error, on every server. */
export async function remove(connection: S3Connection, key: string): Promise<void> {
  const client = await connection.client()
  await client.deleteObject({ Bucket: connection.bucket, Key: key }).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

function sizeIn(metadata: Record<string, string>): number | undefined {
  const size = Number(metadata[SIZE] ?? Number.NaN)
  return Number.isSafeInteger(size) && size >= 0 ? size : undefined
}

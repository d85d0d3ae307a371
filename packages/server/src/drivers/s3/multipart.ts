import type { CompletedPart, ListMultipartUploadsCommandOutput, S3 } from '@aws-sdk/client-s3'
import type { S3Connection } from './connection.ts'
import { isMissing } from './errors.ts'
import { head } from './object.ts'

/** A multipart upload that was begun; nothing of it can be read before it is completed. */
export interface Multipart {
  /** Its number counts from 1. */
  readonly upload: (part: number, body: Uint8Array) => Promise<CompletedPart>
  readonly copy: (part: number, source: { key: string; etag: string; start: number; end: number }) => Promise<CompletedPart>
}

/** What the object will be. */
export interface NewObject {
  readonly key: string
  readonly mediaType: string
  readonly metadata: Readonly<Record<string, string>>
}

/** Begins, lets `work` send the parts, and completes; when anything fails, or `work` throws, nothing is kept. Gives what `work` gave. */
export async function multipart<Value>(
  connection: S3Connection,
  { key, mediaType, metadata }: NewObject,
  work: (parts: Multipart) => Promise<{ parts: CompletedPart[]; size: number; value: Value }>,
): Promise<Value> {
  const client = await connection.client()
  const at = { Bucket: connection.bucket, Key: key }
  const { UploadId } = await client.createMultipartUpload({ ...at, ContentType: mediaType, Metadata: { ...metadata } })
  const begun = { ...at, UploadId }
  try {
    const { parts, size, value } = await work(sender(client, begun))
    await complete(connection, { ...begun, parts, size })
    return value
  } catch (error) {
    // What cannot be aborted now is swept later.
    await client.abortMultipartUpload(begun).catch(() => {})
    throw error
  }
}

export interface Begun {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string | undefined
}

function sender(client: S3, begun: Begun): Multipart {
  return {
    async upload(PartNumber, Body) {
      const { ETag } = await client.uploadPart({ ...begun, PartNumber, Body })
      return { PartNumber, ETag }
    },
    async copy(PartNumber, { key, etag, start, end }) {
      const answer = await client.uploadPartCopy({
        ...begun,
        PartNumber,
        CopySource: `${begun.Bucket}/${key}`,
        CopySourceIfMatch: etag,
        CopySourceRange: `bytes=${start}-${end - 1}`,
      })
      return { PartNumber, ETag: answer.CopyPartResult?.ETag }
    },
  }
}

/** When the answer to the first attempt is lost, the second one is told that there is no such upload: it has become an object. */
export async function complete(
  connection: S3Connection,
  { parts, size, ...begun }: Begun & { parts: CompletedPart[]; size: number },
): Promise<void> {
  const client = await connection.client()
  try {
    await client.completeMultipartUpload({ ...begun, MultipartUpload: { Parts: parts } })
  } catch (error) {
    if (isMissing(error) && (await head(connection, begun.Key))?.stored === size) return
    throw error
  }
}

/** Of a multipart upload that nobody has completed. */
interface Unfinished {
  readonly Key: string | undefined
  readonly UploadId: string | undefined
}

/** Uploads that were begun before `olderThan` under this beginning of a key. */
export async function* unfinishedUploads(
  connection: S3Connection,
  prefix: string,
  olderThan: Date,
): AsyncGenerator<Unfinished, void, undefined> {
  const client = await connection.client()
  const at = { Bucket: connection.bucket, Prefix: prefix }
  let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {}
  while (marker) {
    const page: ListMultipartUploadsCommandOutput = await client.listMultipartUploads({ ...at, ...marker })
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) if (Initiated && Initiated < olderThan) yield { Key, UploadId }
    marker = page.IsTruncated && page.NextKeyMarker ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined
  }
}

export async function abortUpload(connection: S3Connection, upload: Unfinished): Promise<void> {
  const client = await connection.client()
  await client.abortMultipartUpload({ Bucket: connection.bucket, ...upload }).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

/** Aborts the uploads that were begun before `olderThan` under this beginning of a key. */
export async function abortUploads(connection: S3Connection, prefix: string, olderThan: Date): Promise<void> {
  for await (const upload of unfinishedUploads(connection, prefix, olderThan)) await abortUpload(connection, upload)
}

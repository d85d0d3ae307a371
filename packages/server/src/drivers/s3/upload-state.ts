import type { CompletedPart, ListPartsCommandOutput } from '@aws-sdk/client-s3'
import type { Id } from '../../records/id.ts'
import type { S3Connection } from './connection.ts'
import { isMissing } from './errors.ts'
import { complete } from './multipart.ts'
import { head } from './object.ts'

/** What is said of an upload when it begins. */
export interface UploadInfo {
  readonly size: number
  readonly metadata: Readonly<Record<string, string | null>>
  readonly created: string
  /** Of the multipart upload. */
  readonly multipart: string
}

/** How far an upload is, as the bucket knows it: no process has to remember anything. */
export interface UploadState {
  readonly info: UploadInfo
  /** Bytes that have arrived. */
  readonly offset: number
  readonly parts: readonly CompletedPart[]
  /** Bytes in the parts. */
  readonly sent: number
  /** Fewer bytes than a part may have, which follow the parts. */
  readonly tail: number
}

const TAIL_BEGIN = 'imagedoc-begin'

/** `<id>` when it is complete, `<id>.info`, and `<id>.tail`: what is too short for a part. */
export function uploadKeys(connection: S3Connection, id: Id): { file: string; info: string; tail: string } {
  const file = connection.key(`uploads/${id}`)
  return { file, info: `${file}.info`, tail: `${file}.tail` }
}

export async function beginUpload(connection: S3Connection, id: Id, about: Omit<UploadInfo, 'multipart'>): Promise<void> {
  const client = await connection.client()
  const { file, info } = uploadKeys(connection, id)
  const { UploadId: multipart } = await client.createMultipartUpload({ Bucket: connection.bucket, Key: file })
  const Body = JSON.stringify({ ...about, multipart })
  await client.putObject({ Bucket: connection.bucket, Key: info, Body, ContentType: 'application/json' })
}

/** Undefined when there is no such upload, or nothing is left of it. */
export async function uploadState(connection: S3Connection, id: Id): Promise<UploadState | undefined> {
  const keys = uploadKeys(connection, id)
  const info = await infoOf(connection, keys.info)
  if (!info) return undefined
  const parts = await partsOf(connection, keys.file, info.multipart)
  if (!parts) {
    const file = await head(connection, keys.file)
    return file?.stored === info.size ? { info, offset: info.size, parts: [], sent: info.size, tail: 0 } : undefined
  }
  const sent = parts.reduce((sum, { Size = 0 }) => sum + Size, 0)
  const found = await head(connection, keys.tail)
  // One that begins elsewhere became a part already: the process ended before it was removed.
  const tail = found?.metadata[TAIL_BEGIN] === String(sent) ? found.stored : 0
  return { info, offset: sent + tail, parts: parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })), sent, tail }
}

/** Keeps what follows the first `begin` bytes until there is enough for a part. */
export async function putTail(connection: S3Connection, id: Id, { begin, bytes }: { begin: number; bytes: Uint8Array }): Promise<void> {
  const client = await connection.client()
  const { tail } = uploadKeys(connection, id)
  await client.putObject({ Bucket: connection.bucket, Key: tail, Body: bytes, Metadata: { [TAIL_BEGIN]: String(begin) } })
}

/** Makes one file of the parts. */
export async function completeUpload(connection: S3Connection, id: Id, state: Pick<UploadState, 'info' | 'parts'>): Promise<void> {
  const { size, multipart } = state.info
  const { file } = uploadKeys(connection, id)
  await complete(connection, { Bucket: connection.bucket, Key: file, UploadId: multipart, parts: [...state.parts], size })
}

async function infoOf(connection: S3Connection, key: string): Promise<UploadInfo | undefined> {
  const client = await connection.client()
  try {
    const { Body } = await client.getObject({ Bucket: connection.bucket, Key: key })
    return JSON.parse((await Body?.transformToString()) ?? '') as UploadInfo
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** In order. Undefined when the multipart upload is no more: completed or aborted. */
async function partsOf(
  connection: S3Connection,
  key: string,
  uploadId: string,
): Promise<NonNullable<ListPartsCommandOutput['Parts']> | undefined> {
  const client = await connection.client()
  const parts: NonNullable<ListPartsCommandOutput['Parts']> = []
  try {
    for (let marker: string | undefined, more = true; more; ) {
      const page: ListPartsCommandOutput = await client.listParts({
        Bucket: connection.bucket,
        Key: key,
        UploadId: uploadId,
        ...(marker !== undefined && { PartNumberMarker: marker }),
      })
      parts.push(...(page.Parts ?? []))
      marker = page.NextPartNumberMarker
      more = page.IsTruncated === true && marker !== undefined
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
  return parts.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0))
}

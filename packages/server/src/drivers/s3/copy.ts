import { randomUUID } from 'node:crypto'
import type { S3Connection } from './connection.ts'
import { isMissing, isTaken } from './errors.ts'
import { stagingPath } from './keys.ts'
import { type Multipart, multipart, type NewObject } from './multipart.ts'
import { head, remove, type S3Object } from './object.ts'

const MIB = 1024 ** 2

/** S3 copies 5 GB at most in one call, and says nothing until it is done: by parts, none takes longer than a connection may be silent. */
const sizes = { whole: 256 * MIB, part: 256 * MIB }

/** A blob that was put a moment ago needs no copy to be young. */
const YOUNG_MS = 60_000

/**
 * Copies within the bucket: the bytes do not come through here. Fails when the object is no longer the one that was described.
 * @param limits for tests
 */
export async function copy(
  connection: S3Connection,
  from: S3Object,
  { to, limits = sizes }: { to: NewObject; limits?: typeof sizes },
): Promise<{ modified: Date | undefined }> {
  const client = await connection.client()
  if (from.stored > limits.whole) {
    await multipart(connection, to, (parts) => copyParts(parts, from, limits.part))
    return { modified: new Date() }
  }
  const { CopyObjectResult } = await client.copyObject({
    Bucket: connection.bucket,
    Key: to.key,
    CopySource: `${connection.bucket}/${from.key}`,
    CopySourceIfMatch: from.etag,
    // A copy onto itself is allowed only where something is replaced.
    MetadataDirective: 'REPLACE',
    ContentType: to.mediaType,
    Metadata: { ...to.metadata },
  })
  return { modified: CopyObjectResult?.LastModified }
}

async function copyParts(to: Multipart, { key, etag, stored }: S3Object, partBytes: number) {
  const parts = []
  for (let start = 0; start < stored; start += partBytes) {
    parts.push(await to.copy(parts.length + 1, { key, etag, start, end: Math.min(start + partBytes, stored) }))
  }
  return { parts, size: stored, value: undefined }
}

/** Makes an object young by copying it onto itself. False when it is not there. */
export async function refresh(connection: S3Connection, key: string): Promise<boolean> {
  const found = await head(connection, key)
  if (!found) return false
  if (Date.now() - found.modified.getTime() < YOUNG_MS) return true
  try {
    const { modified } = await copy(connection, found, { to: found })
    if (!modified || modified <= found.modified) await copyTwice(connection, found)
    return true
  } catch (error) {
    // Written anew meanwhile, and so young.
    if (isTaken(error)) return true
    if (isMissing(error)) return false
    throw error
  }
}

/** Some servers (versitygw) copy an object onto itself by leaving it as it is, its age included. */
async function copyTwice(connection: S3Connection, object: S3Object): Promise<void> {
  const beside = { ...object, key: connection.key(stagingPath(randomUUID())) }
  try {
    await copy(connection, object, { to: beside })
    const copied = await head(connection, beside.key)
    if (copied) await copy(connection, copied, { to: object })
  } finally {
    await remove(connection, beside.key).catch(() => {})
  }
}

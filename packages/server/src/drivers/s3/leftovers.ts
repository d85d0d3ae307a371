import type { Leftovers } from '../../sweep/leftovers.ts'
import type { S3Connection } from './connection.ts'
import { storeFailed } from './errors.ts'
import { stagingPath } from './keys.ts'
import { abortUpload, unfinishedUploads } from './multipart.ts'
import { remove } from './object.ts'

/**
 * What writers of blobs left in the bucket that were killed: multipart uploads that nobody completes, and streams in `staging/` that never got to their
 * place. Uploads by tus are not among them: their rows say how long they are good for.
 */
export function createS3Leftovers(connection: S3Connection): Leftovers {
  return {
    async sweep(olderThan, { dryRun, signal }) {
      let swept = 0
      try {
        for await (const removal of removalsOf(connection, olderThan)) {
          if (signal.aborted) break
          if (!dryRun) await removal()
          swept++
        }
      } catch (error) {
        throw storeFailed(error, 'removed')
      }
      return swept
    },
  }
}

async function* removalsOf(connection: S3Connection, olderThan: Date): AsyncGenerator<() => Promise<void>, void, undefined> {
  for (const path of [stagingPath(''), 'cache/', 'objects/']) {
    for await (const upload of unfinishedUploads(connection, connection.key(path), olderThan)) yield () => abortUpload(connection, upload)
  }
  for await (const key of stagedBefore(connection, olderThan)) yield () => remove(connection, key)
}

async function* stagedBefore(connection: S3Connection, olderThan: Date): AsyncGenerator<string, void, undefined> {
  const client = await connection.client()
  const at = { Bucket: connection.bucket, Prefix: connection.key(stagingPath('')) }
  for (let after: string | undefined, more = true; more; ) {
    const { Contents = [], IsTruncated = false } = await client.listObjectsV2({ ...at, ...(after !== undefined && { StartAfter: after }) })
    for (const { Key, LastModified } of Contents) if (Key && LastModified && LastModified < olderThan) yield Key
    after = Contents.at(-1)?.Key
    more = IsTruncated && after !== undefined
  }
}

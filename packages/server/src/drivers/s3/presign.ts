import { attachment } from '../../files/disposition.ts'
import type { PresignedDownloads } from '../../files/presigned-downloads.ts'
import type { S3Connection } from './connection.ts'
import { storeFailed } from './errors.ts'
import { blobPath } from './keys.ts'
import { head } from './object.ts'

export interface S3DownloadsOptions {
  readonly connection: S3Connection
  /** How long an address is good for. Long enough to begin: a download that has begun goes on. @default 60 */
  readonly seconds?: number | undefined
}

/** Downloads of owned blobs straight from an S3 bucket. Nothing of what the server says beside a file but its type and its name goes with it. */
export function createS3Downloads({ connection, seconds = 60 }: S3DownloadsOptions): PresignedDownloads {
  return {
    async linkTo({ digest, mediaType }, { name }) {
      const Key = connection.key(blobPath('objects', digest))
      try {
        const found = await head(connection, Key)
        // Packed bytes are of use to nobody else; what is missing is for the server to explain.
        if (!found || found.packed) return undefined
        const [{ GetObjectCommand }, { getSignedUrl }] = await Promise.all([
          import('@aws-sdk/client-s3'),
          import('@aws-sdk/s3-request-presigner'),
        ])
        const command = new GetObjectCommand({
          Bucket: connection.bucket,
          Key,
          ResponseContentDisposition: attachment(name),
          ResponseContentType: mediaType,
          ResponseCacheControl: 'private, no-store',
        })
        return await getSignedUrl(await connection.signer(), command, { expiresIn: seconds })
      } catch (error) {
        throw storeFailed(error, 'linked to')
      }
    },
  }
}

import { randomUUID } from 'node:crypto'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createS3Connection, type S3Connection, type S3Options } from '../../src/drivers/s3/connection.ts'

const {
  IMAGEDOC_TEST_S3_URL: endpoint,
  IMAGEDOC_TEST_S3_ACCESS_KEY: accessKeyId = '',
  IMAGEDOC_TEST_S3_SECRET_KEY: secretAccessKey = '',
  IMAGEDOC_TEST_S3_BUCKET: bucket = '',
  IMAGEDOC_TEST_S3_FOLDER: folder,
  IMAGEDOC_REQUIRE_DRIVERS: required,
} = process.env

/** How a title says that tests are skipped, and how to run them. */
export const noS3 = endpoint
  ? undefined
  : 'skipped: set IMAGEDOC_TEST_S3_URL, _ACCESS_KEY, _SECRET_KEY and _BUCKET, or start a server with .ci/servers/up'

/** To be called in a file that needs the server: in CI it has to be there, with a folder that the age of an object can be changed in. */
export function requireS3(): void {
  if (required !== '1' || (endpoint && folder)) return
  const missing = endpoint ? 'IMAGEDOC_TEST_S3_FOLDER' : 'IMAGEDOC_TEST_S3_URL'
  it('has an S3 server to test with', () => expect.fail(`IMAGEDOC_REQUIRE_DRIVERS=1, but ${missing} is not set`))
}

/** A bucket's part that no other test writes to. */
export interface TestBucket extends AsyncDisposable {
  readonly options: S3Options & { readonly prefix: string; readonly credentials: { accessKeyId: string; secretAccessKey: string } }
  connect(changes?: Partial<S3Options>): S3Connection
  /** Every key below the prefix, without it. */
  keys(): Promise<string[]>
  /** Keys of uploads that were begun and are neither completed nor aborted. */
  unfinished(): Promise<string[]>
  /** Overwrites bytes in the middle, behind the driver's back. */
  damage(key: string): Promise<void>
  /** Makes an object look as if it had been written at `date`; only where the server keeps its objects as files that can be reached. */
  readonly age: ((key: string, date: Date) => Promise<void>) | undefined
}

export function testBucket(): TestBucket {
  const prefix = `test-${randomUUID()}/`
  const options = { endpoint, bucket, prefix, credentials: { accessKeyId, secretAccessKey } }
  const own = createS3Connection(options)
  const listed = async () => {
    const found = await (await own.client()).listObjectsV2({ Bucket: bucket, Prefix: prefix })
    return (found.Contents ?? []).map(({ Key = '' }) => Key)
  }
  const begun = async () => (await (await own.client()).listMultipartUploads({ Bucket: bucket, Prefix: prefix })).Uploads ?? []
  return {
    options,
    connect: (changes = {}) => createS3Connection({ ...options, ...changes }),
    keys: async () => (await listed()).map((key) => key.slice(prefix.length)),
    unfinished: async () => (await begun()).map(({ Key = '' }) => Key.slice(prefix.length)),
    damage: (key) => damage(own, prefix + key),
    age: folder === undefined ? undefined : (key, date) => utimes(join(folder, bucket, prefix + key), date, date),
    async [Symbol.asyncDispose]() {
      const client = await own.client()
      for (const { Key, UploadId } of await begun()) await client.abortMultipartUpload({ Bucket: bucket, Key, UploadId })
      for (let keys = await listed(); keys.length > 0; keys = await listed()) {
        for (const Key of keys) await client.deleteObject({ Bucket: bucket, Key })
      }
      await own[Symbol.asyncDispose]()
    },
  }
}

async function damage(connection: S3Connection, key: string): Promise<void> {
  const client = await connection.client()
  const at = { Bucket: connection.bucket, Key: key }
  const { Body, Metadata, ContentType } = await client.getObject(at)
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array()
  bytes.set([0xff, 0x00, 0xff, 0x00], Math.min(400, bytes.length >> 1))
  await client.putObject({ ...at, Body: bytes, Metadata, ContentType })
}

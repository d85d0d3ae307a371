import type { Digest } from '@imagedoc/core'
import { describeBlobStoreContract } from '@imagedoc/core/testing'
import { afterEach, describe } from 'vitest'
import { createS3BlobStore } from '../../../src/drivers/s3/blob-store.ts'
import { noS3, requireS3, type TestBucket, testBucket } from '../../support/s3.ts'

requireS3()

describe.skipIf(noS3)(noS3 ?? 'with a real S3 server', () => {
  let bucket: TestBucket
  afterEach(() => bucket[Symbol.asyncDispose]())
  const keyOf = (namespace: string, digest: Digest) => `${namespace}/${digest.slice(7, 9)}/${digest.slice(7)}`

  const { age } = testBucket()
  describeBlobStoreContract('the S3 blob store', {
    async create() {
      bucket = testBucket()
      return createS3BlobStore(bucket.connect())
    },
    damage: (namespace, digest) => bucket.damage(keyOf(namespace, digest)),
    ...(age && { age: (namespace, digest, date) => bucket.age!(keyOf(namespace, digest), date) }),
  })
})

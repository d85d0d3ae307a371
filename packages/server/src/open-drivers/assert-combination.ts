import type { ServerSettings } from '../settings/settings.ts'
import { refused } from './refused.ts'

/** What is of no use without a bucket. */
const ofBucket = {
  s3Endpoint: 'IMAGEDOC_S3_ENDPOINT',
  s3Region: 'IMAGEDOC_S3_REGION',
  s3AccessKey: 'IMAGEDOC_S3_ACCESS_KEY',
  s3SecretKey: 'IMAGEDOC_S3_SECRET_KEY',
  s3Prefix: 'IMAGEDOC_S3_PREFIX',
  s3DownloadEndpoint: 'IMAGEDOC_S3_DOWNLOAD_ENDPOINT',
} as const satisfies Partial<Record<keyof ServerSettings, string>>

/** Settings that are right one by one and make no sense together. @throws INVALID_CONFIG naming the variable that is missing, and what it expects */
export function assertCombination(settings: ServerSettings): void {
  const set = Object.entries(ofBucket).flatMap(([key, name]) => (settings[key as keyof typeof ofBucket] === undefined ? [] : [name]))
  const [first] = settings.s3Presigned ? ['IMAGEDOC_S3_PRESIGNED', ...set] : set
  if (first !== undefined && settings.s3Bucket === undefined)
    throw refused('IMAGEDOC_S3_BUCKET', `IMAGEDOC_S3_BUCKET is missing beside ${first}; it expects the name of a bucket that exists.`)
  assertWholeKey(settings)
  if (settings.redisCacheBytes !== undefined && (settings.redisCacheUrl ?? settings.redisUrl) === undefined)
    throw refused(
      'IMAGEDOC_REDIS_URL',
      'IMAGEDOC_REDIS_CACHE_BYTES bounds a result cache in Redis, and there is none: set IMAGEDOC_REDIS_CACHE_URL or IMAGEDOC_REDIS_URL, which expect an address such as redis://127.0.0.1:6379.',
    )
}

/** Names and secrets of keys to buckets. */
const keyHalves = {
  s3AccessKey: 'IMAGEDOC_S3_ACCESS_KEY',
  s3SecretKey: 'IMAGEDOC_S3_SECRET_KEY',
  backupS3AccessKey: 'IMAGEDOC_BACKUP_S3_ACCESS_KEY',
  backupS3SecretKey: 'IMAGEDOC_BACKUP_S3_SECRET_KEY',
} as const satisfies Partial<Record<keyof ServerSettings, string>>

type KeyHalf = keyof typeof keyHalves

/** A key to a bucket is given whole or not at all. @throws INVALID_CONFIG */
function assertWholeKey(settings: Pick<ServerSettings, KeyHalf>): void {
  assertBoth(settings, 's3AccessKey', 's3SecretKey')
  assertBoth(settings, 'backupS3AccessKey', 'backupS3SecretKey')
}

function assertBoth(settings: Pick<ServerSettings, KeyHalf>, name: KeyHalf, secret: KeyHalf): void {
  if ((settings[name] === undefined) === (settings[secret] === undefined)) return
  const [there, missing] = settings[name] === undefined ? [secret, name] : [name, secret]
  throw refused(
    keyHalves[missing],
    `${keyHalves[missing]} is missing beside ${keyHalves[there]}; it expects the other half of the key: give both, or neither, and the AWS SDK looks for a key.`,
  )
}

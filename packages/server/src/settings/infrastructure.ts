import { availableParallelism } from 'node:os'
import { parseBytes } from '@imagedoc/core'
import { parseMongodbUrl, parseRedisUrl, parseSwitch, parseUrl, textLike, wholeNumber } from './parse.ts'
import type { Variable } from './variables.ts'

/** Where the server keeps what it keeps; nothing of it: in one folder and one process. */
export interface InfrastructureSettings {
  readonly mongodbUrl: string | undefined
  readonly redisUrl: string | undefined
  readonly redisCacheUrl: string | undefined
  readonly redisCacheBytes: number | undefined
  readonly s3Bucket: string | undefined
  readonly s3Endpoint: string | undefined
  readonly s3Region: string | undefined
  readonly s3AccessKey: string | undefined
  readonly s3SecretKey: string | undefined
  readonly s3Prefix: string | undefined
  /** Downloads come from the bucket itself, by links of a minute. */
  readonly s3Presigned: boolean
  readonly s3DownloadEndpoint: string | undefined
  readonly backupS3Endpoint: string | undefined
  readonly backupS3Region: string | undefined
  readonly backupS3AccessKey: string | undefined
  readonly backupS3SecretKey: string | undefined
  /** Pages that one process works on at a time. */
  readonly workerConcurrency: number
}

type Variables = { readonly [Name in keyof InfrastructureSettings]: Variable<InfrastructureSettings[Name]> }

const redisAddress = 'an address such as redis://127.0.0.1:6379 or rediss://user:password@host:6380/0'

/** Each turns on a driver; `docs/deployment.md` says which ones go together. */
export const infrastructureVariables: Variables = {
  mongodbUrl: {
    name: 'IMAGEDOC_MONGODB_URL',
    default: 'none',
    meaning:
      'MongoDB for everything that is a row, instead of the embedded database. Several processes may use it together with `IMAGEDOC_REDIS_URL`.',
    expects: 'an address such as mongodb://user:password@host:27017/imagedoc',
    parse: parseMongodbUrl,
    fallback: undefined,
  },
  redisUrl: {
    name: 'IMAGEDOC_REDIS_URL',
    default: 'none',
    meaning:
      'Redis (6.2 or newer) or Valkey for what processes share: result cache, cache of list queries, rate limits, locks, events and, with MongoDB, the queue for workers.',
    expects: redisAddress,
    parse: parseRedisUrl,
    fallback: undefined,
  },
  redisCacheUrl: {
    name: 'IMAGEDOC_REDIS_CACHE_URL',
    default: '`IMAGEDOC_REDIS_URL`',
    meaning: 'Another Redis or Valkey for the result cache alone.',
    expects: redisAddress,
    parse: parseRedisUrl,
    fallback: undefined,
  },
  redisCacheBytes: {
    name: 'IMAGEDOC_REDIS_CACHE_BYTES',
    default: '256MiB where the cache shares its Redis, else no bound',
    meaning: 'What the result cache may take of its Redis; the same in every process. Results above 256 KiB are blobs, and not counted.',
    expects: 'a number of bytes, or one with a unit such as 500MB or 2GiB',
    parse: parseBytes,
    fallback: undefined,
  },
  s3Bucket: {
    name: 'IMAGEDOC_S3_BUCKET',
    default: 'none',
    meaning: 'Bucket of S3, or of a server that speaks its protocol, for documents, larger results and uploads. It has to exist.',
    expects: 'the name of a bucket: 3 to 63 letters, digits, ".", "_" and "-"',
    parse: textLike(/^[\w][\w.-]{2,62}$/),
    fallback: undefined,
  },
  s3Endpoint: {
    name: 'IMAGEDOC_S3_ENDPOINT',
    default: 'AWS',
    meaning: 'Address of an S3 server other than AWS.',
    expects: 'an address such as http://127.0.0.1:9000, without a user, a query or a bucket',
    parse: parseUrl,
    fallback: undefined,
  },
  s3Region: {
    name: 'IMAGEDOC_S3_REGION',
    default: 'us-east-1',
    meaning: 'Region of the bucket.',
    expects: 'a region such as eu-west-1',
    parse: textLike(/^[\w-]{1,40}$/),
    fallback: undefined,
  },
  s3AccessKey: {
    name: 'IMAGEDOC_S3_ACCESS_KEY',
    default: 'what the AWS SDK finds',
    meaning: "Name of the key to the bucket. Without it the AWS SDK looks into its own variables, its files and the machine's role.",
    expects: 'the name of a key, without spaces',
    parse: textLike(/^\S{1,200}$/),
    fallback: undefined,
  },
  s3SecretKey: {
    name: 'IMAGEDOC_S3_SECRET_KEY',
    default: 'what the AWS SDK finds',
    meaning: 'The secret of that key.',
    expects: 'the secret of the key, without spaces',
    parse: textLike(/^\S{1,500}$/),
    fallback: undefined,
  },
  s3Prefix: {
    name: 'IMAGEDOC_S3_PREFIX',
    default: 'none',
    meaning: 'Put before the name of every object, so that a bucket can be shared.',
    expects: 'letters, digits, ".", "_", "-" and "/", with a "/" at the end, such as archive/',
    parse: textLike(/^(?:[\w.-]+\/)+$/),
    fallback: undefined,
  },
  s3Presigned: {
    name: 'IMAGEDOC_S3_PRESIGNED',
    default: 'off',
    meaning: '`on`: clients download originals and outputs from the bucket itself, by links that hold for a minute.',
    expects: '"on" or "off"',
    parse: parseSwitch,
    fallback: false,
  },
  s3DownloadEndpoint: {
    name: 'IMAGEDOC_S3_DOWNLOAD_ENDPOINT',
    default: '`IMAGEDOC_S3_ENDPOINT`',
    meaning: 'Address at which clients reach the bucket, for these links.',
    expects: 'an address such as https://files.example.org, without a user, a query or a bucket',
    parse: parseUrl,
    fallback: undefined,
  },
  backupS3Endpoint: {
    name: 'IMAGEDOC_BACKUP_S3_ENDPOINT',
    default: 'AWS',
    meaning:
      'Address of the S3 server that `imagedoc backup s3://…` writes to. Where none of the four `IMAGEDOC_BACKUP_S3_*` is set, those of `IMAGEDOC_S3_*` count.',
    expects: 'an address such as https://backup.example.org:9000, without a user, a query or a bucket',
    parse: parseUrl,
    fallback: undefined,
  },
  backupS3Region: {
    name: 'IMAGEDOC_BACKUP_S3_REGION',
    default: 'us-east-1',
    meaning: 'Region of the bucket of backups.',
    expects: 'a region such as eu-west-1',
    parse: textLike(/^[\w-]{1,40}$/),
    fallback: undefined,
  },
  backupS3AccessKey: {
    name: 'IMAGEDOC_BACKUP_S3_ACCESS_KEY',
    default: 'what the AWS SDK finds',
    meaning: 'Name of the key to the bucket of backups.',
    expects: 'the name of a key, without spaces',
    parse: textLike(/^\S{1,200}$/),
    fallback: undefined,
  },
  backupS3SecretKey: {
    name: 'IMAGEDOC_BACKUP_S3_SECRET_KEY',
    default: 'what the AWS SDK finds',
    meaning: 'The secret of that key.',
    expects: 'the secret of the key, without spaces',
    parse: textLike(/^\S{1,500}$/),
    fallback: undefined,
  },
  workerConcurrency: {
    name: 'IMAGEDOC_WORKER_CONCURRENCY',
    default: 'the number of cores and one more',
    meaning: 'Pages that one process works on at a time.',
    expects: 'a whole number from 1 to 256',
    parse: wholeNumber(1, 256),
    fallback: availableParallelism() + 1,
  },
}

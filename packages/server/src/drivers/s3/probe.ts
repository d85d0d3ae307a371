import { randomUUID } from 'node:crypto'
import { ImageDocError } from '@imagedoc/core'
import type { S3Connection } from './connection.ts'
import { failureOf, reasonOf } from './errors.ts'
import { remove } from './object.ts'

/** What a bucket allows, as far as one object tells. */
export interface BucketReport {
  /** As the server calls itself; undefined when it does not. */
  readonly server: string | undefined
  /** Of one small request, in ms: the median of three. */
  readonly latencyMs: number
  /** What failed, and why; all are needed. */
  readonly refused: Readonly<Partial<Record<'list' | 'put' | 'get' | 'delete', string>>>
}

/** Codes by which a server says that the key, and not what it may do, is wrong. */
const badKey = new Set(['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidClientTokenId', 'CredentialsProviderError'])
const badRegion = new Set(['AuthorizationHeaderMalformed', 'PermanentRedirect', 'IllegalLocationConstraintException'])

/**
 * For the start: whether the bucket is there and lets us in.
 * @throws INVALID_CONFIG naming the variables to look at
 */
export async function assertBucket(connection: S3Connection): Promise<void> {
  try {
    await list(connection)
  } catch (error) {
    const failure = failureOf(error)
    const message = `The S3 bucket "${connection.bucket}" cannot be used: ${reasonOf(failure)}. Check ${variablesFor(failure)}.`
    // Not the SDK's error: it holds the key's name and what was signed.
    throw new ImageDocError('INVALID_CONFIG', message, { cause: new Error(failure.code), details: { reason: failure.code } })
  }
}

/** For whoever runs the server: writes, reads and deletes an object of its own, and lists. @throws nothing: what fails is in the report */
export async function probeBucket(connection: S3Connection): Promise<BucketReport> {
  const refused: Partial<Record<keyof BucketReport['refused'], string>> = {}
  const attempt = async (what: keyof BucketReport['refused'], work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: unknown) => {
      refused[what] = reasonOf(failureOf(error))
    })
  }
  const at = { Bucket: connection.bucket, Key: connection.key(`probe-${randomUUID()}`) }
  await attempt('put', async () => (await connection.client()).putObject({ ...at, Body: 'imagedoc' }))
  await attempt('get', async () => (await (await connection.client()).getObject(at)).Body?.transformToString())
  const times: number[] = []
  for (let round = 0; round < 3; round++) {
    const started = performance.now()
    await attempt('list', () => list(connection))
    times.push(performance.now() - started)
  }
  await attempt('delete', () => remove(connection, at.Key))
  return { server: connection.server, latencyMs: times.sort((a, b) => a - b)[1] ?? 0, refused }
}

async function list(connection: S3Connection): Promise<void> {
  const client = await connection.client()
  await client.listObjectsV2({ Bucket: connection.bucket, Prefix: connection.key(''), MaxKeys: 1 })
}

function variablesFor({ code, status }: ReturnType<typeof failureOf>): string {
  if (code === 'NoSuchBucket') return 'IMAGEDOC_S3_BUCKET: it has to exist already'
  if (badKey.has(code)) return 'IMAGEDOC_S3_ACCESS_KEY and IMAGEDOC_S3_SECRET_KEY'
  if (badRegion.has(code)) return 'IMAGEDOC_S3_REGION'
  if (status === undefined) return 'IMAGEDOC_S3_ENDPOINT, and that the server runs'
  return 'IMAGEDOC_S3_ENDPOINT, IMAGEDOC_S3_REGION, IMAGEDOC_S3_BUCKET, IMAGEDOC_S3_ACCESS_KEY and IMAGEDOC_S3_SECRET_KEY'
}

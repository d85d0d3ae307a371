import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest, Stored, Table } from '@imagedoc/core'
import { everyRow } from '../../src/records/every-row.ts'
import type { Tables } from '../../src/records/tables.ts'
import type { Token } from '../../src/records/token.ts'
import type { Services } from '../../src/services.ts'
import type { TestBucket } from '../support/s3.ts'

/** A folder that goes with the stack. */
export async function freshFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-backup-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Variables of an installation: in a folder of its own. */
export async function embedded(stack: AsyncDisposableStack): Promise<Record<string, string>> {
  return { IMAGEDOC_DATA: join(await freshFolder(stack), 'data'), IMAGEDOC_LOG: 'silent' }
}

/** Variables of an installation on MongoDB and S3. */
export async function onServers(mongodbUrl: string, bucket: TestBucket, stack: AsyncDisposableStack): Promise<Record<string, string>> {
  const { endpoint = '', bucket: name, prefix, credentials } = bucket.options
  return {
    ...(await embedded(stack)),
    IMAGEDOC_MONGODB_URL: mongodbUrl,
    IMAGEDOC_S3_BUCKET: name,
    IMAGEDOC_S3_ENDPOINT: endpoint,
    IMAGEDOC_S3_PREFIX: prefix,
    IMAGEDOC_S3_ACCESS_KEY: credentials.accessKeyId,
    IMAGEDOC_S3_SECRET_KEY: credentials.secretAccessKey,
  }
}

/** Of every table that a backup holds, an index in which each row stands. */
const indexes = {
  users: 'by_age',
  tokens: 'by_hash',
  collections: 'by_age',
  documents: 'by_original',
  versions: 'by_document',
  pipelines: 'by_age',
  pipelineVersions: 'by_pipeline',
  runs: 'by_user',
  batches: 'by_user',
  auditEntries: 'by_age',
  settings: 'by_age',
} as const satisfies Partial<Record<keyof Tables, string>>

/** All that a restore has to bring back: rows by table and id, and the digest of every blob that they name, by the bytes that are there. */
export async function contentsOf({ tables, blobs }: Pick<Services, 'tables' | 'blobs'>): Promise<Record<string, Record<string, unknown>>> {
  const contents: Record<string, Record<string, unknown>> = {}
  for (const [name, index] of Object.entries(indexes)) {
    const rows = await Array.fromAsync(everyRow(tables[name as keyof Tables] as unknown as Table<Stored>, { index }))
    const kept = rows.filter((row) => name !== 'tokens' || (row as Token).kind === 'key')
    contents[name] = Object.fromEntries(kept.map((row) => [row._id, row]).toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
  }
  const digests = new Set<Digest>()
  for await (const { original } of everyRow(tables.documents, { index: 'by_original' })) digests.add(original.digest)
  for await (const { outputs, layouts, receipt } of everyRow(tables.versions, { index: 'by_document' })) {
    for (const { descriptor } of [...outputs, ...layouts]) digests.add(descriptor.digest)
    if (receipt) digests.add(receipt)
  }
  contents['blobs'] = Object.fromEntries(
    await Promise.all([...digests].map(async (digest) => [digest, await digestOfBytes(blobs, digest)])),
  )
  return contents
}

async function digestOfBytes(blobs: Services['blobs'], digest: Digest): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of await blobs.open(digest)) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageDocError } from '@imagedoc/core'
import type { S3Connection } from '../drivers/s3/connection.ts'
import { failureOf, isMissing, reasonOf } from '../drivers/s3/errors.ts'
import { remove } from '../drivers/s3/object.ts'

/** Small files by their names beside the blobs of a place for backups: each is written as a whole, and read as it was written last. */
export interface Notes {
  /** In order of their characters. @throws STORE_FAILED */
  list(): Promise<readonly string[]>
  /** Undefined when there is none of this name. @throws STORE_FAILED */
  read(name: string): Promise<string | undefined>
  /** @throws STORE_FAILED */
  write(name: string, text: string): Promise<void>
  /** Removing what is not there is no error. @throws STORE_FAILED */
  remove(name: string): Promise<void>
}

const FOLDER = 'backups'

export function createFolderNotes(path: string): Notes {
  const folder = join(path, FOLDER)
  return {
    list: () =>
      translating('listed', async () => {
        const names = await readdir(folder).catch(orIfMissing([]))
        return names.filter((name) => !name.endsWith('.tmp')).sort()
      }),
    read: (name) => translating('read', () => readFile(join(folder, name), 'utf8').catch(orIfMissing(undefined))),
    write: (name, text) =>
      translating('written', async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        const written = join(folder, `${name}.tmp`)
        await writeFile(written, text, { mode: 0o600, flush: true })
        await rename(written, join(folder, name))
      }),
    remove: (name) => translating('removed', () => rm(join(folder, name), { force: true })),
  }
}

const orIfMissing =
  <Value>(value: Value) =>
  (error: NodeJS.ErrnoException): Value => {
    if (error.code === 'ENOENT') return value
    throw error
  }

async function translating<Result>(done: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const { code = 'an unknown error' } = error as NodeJS.ErrnoException
    throw new ImageDocError('STORE_FAILED', `A file of the backup could not be ${done}: the system says ${code}.`, { cause: error })
  }
}

export function createBucketNotes(connection: S3Connection): Notes {
  const { bucket: Bucket } = connection
  const folder = connection.key(`${FOLDER}/`)
  return {
    list: () => reaching('listed', async () => (await keysBelow(connection, folder)).map((key) => key.slice(folder.length)).sort()),
    read: (name) => reaching('read', () => textOf(connection, folder + name)),
    write: (name, text) =>
      reaching('written', async () => {
        const client = await connection.client()
        await client.putObject({ Bucket, Key: folder + name, Body: text, ContentType: 'application/json' })
      }),
    remove: (name) => reaching('removed', () => remove(connection, folder + name)),
  }
}

async function textOf(connection: S3Connection, key: string): Promise<string | undefined> {
  const client = await connection.client()
  try {
    const { Body } = await client.getObject({ Bucket: connection.bucket, Key: key })
    return await Body?.transformToString('utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function keysBelow(connection: S3Connection, prefix: string): Promise<string[]> {
  const client = await connection.client()
  const keys: string[] = []
  for (let after: string | undefined, more = true; more; after = keys.at(-1)) {
    const request = { Bucket: connection.bucket, Prefix: prefix, ...(after !== undefined && { StartAfter: after }) }
    const { Contents = [], IsTruncated = false } = await client.listObjectsV2(request)
    keys.push(...Contents.flatMap(({ Key }) => Key ?? []))
    more = IsTruncated && Contents.length > 0
  }
  return keys
}

async function reaching<Result>(done: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const { status, code } = failureOf(error)
    throw new ImageDocError('STORE_FAILED', `A file of the backup could not be ${done}: ${reasonOf({ status, code })}.`)
  }
}

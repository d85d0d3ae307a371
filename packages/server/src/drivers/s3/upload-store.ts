import type { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { type Descriptor, ImageDocError, isImageDocError, type Lease, type Lock } from '@imagedoc/core'
import { DataStore, ERRORS, Upload } from '@tus/server'
import { type Id, isId } from '../../records/id.ts'
import { passingBytes } from '../../uploads/passing-bytes.ts'
import type { UploadStore } from '../../uploads/upload-store.ts'
import type { S3Connection } from './connection.ts'
import { copy } from './copy.ts'
import { isMissing, isTaken, storeFailed } from './errors.ts'
import { blobPath } from './keys.ts'
import { abortUploads } from './multipart.ts'
import { head, remove, type S3Object } from './object.ts'
import { storedPieces, streamOf } from './read.ts'
import { receive, type SendInTurn } from './receive.ts'
import { beginUpload, completeUpload, uploadKeys, uploadState } from './upload-state.ts'

export interface S3UploadStoreOptions {
  /** That of the blob store, whose bucket a finished file stays in. */
  readonly connection: S3Connection
  /** Keeps two servers from writing to one upload. */
  readonly lock: Lock
  /** A client that sends nothing for so long has gone, and may go on at another server, in ms. @default 30000 */
  readonly idleMs?: number | undefined
  /** Bounds the parts of 8 MiB that are in memory at a time, by user. @default one for each upload under way */
  readonly sendInTurn?: SendInTurn | undefined
}

/** It is held for as long as somebody sends, on a busy machine too: a renewal may be late. A server that was killed keeps others out so long. */
const TURN_MS = 15_000
const WAIT_MS = 50
const ATTEMPTS = 100

/** Beyond every date: whatever was begun. */
const EVER = new Date(8.64e15)

/**
 * Uploads as multipart uploads of an S3 bucket, under `<prefix>uploads/`: what arrives goes to the bucket part by part, any server may take the next
 * request, and the finished file becomes a blob by a copy within the bucket. What is too short for a part lies beside until more comes.
 */
export function createS3UploadStore({ connection, lock, idleMs = 30_000, sendInTurn = atOnce }: S3UploadStoreOptions): UploadStore {
  return {
    data: new S3Uploads({ connection, lock, idleMs, sendInTurn }),
    open: (id) =>
      translating('read', async () => {
        const object = await finished(connection, id)
        const pieces = storedPieces(connection, { object, start: 0, end: object.stored, signal: undefined })
        return streamOf(pieces, {}).pipeThrough(passingBytes())
      }),
    keep: (id, original) => translating('stored', () => keep(connection, id, original)),
    delete: (id) => translating('deleted', () => deleteAll(connection, id)),
    ids: () => translating('listed', () => idsIn(connection)),
  }
}

const atOnce: SendInTurn = (_upload, send) => send()

type Receive = { readonly idleMs: number; readonly sendInTurn: SendInTurn }

/** What the protocol's server calls; its own errors have the status that the protocol wants. */
class S3Uploads extends DataStore {
  readonly #connection: S3Connection
  readonly #lock: Lock
  readonly #receiving: Receive

  constructor({ connection, lock, ...receiving }: Pick<S3UploadStoreOptions, 'connection' | 'lock'> & Receive) {
    super()
    this.extensions = ['creation', 'creation-with-upload', 'termination']
    this.#connection = connection
    this.#lock = lock
    this.#receiving = receiving
  }

  override async create(upload: Upload): Promise<Upload> {
    const { id, size = 0, metadata = {} } = upload
    const created = new Date().toISOString()
    await translating('stored', () => beginUpload(this.#connection, id, { size, metadata, created }))
    upload.creation_date = created
    upload.storage = { type: 's3', path: uploadKeys(this.#connection, id).file, bucket: this.#connection.bucket }
    return upload
  }

  override async getUpload(id: string): Promise<Upload> {
    const state = await translating('found', () => uploadState(this.#connection, id))
    if (!state) throw ERRORS.FILE_NOT_FOUND
    const { info, offset } = state
    return new Upload({ id, size: info.size, offset, metadata: { ...info.metadata }, creation_date: info.created })
  }

  override async write(source: Readable, id: string, offset: number): Promise<number> {
    await using turn = await turnAt(this.#lock, id)
    // Waited for here: the turn ends with this block.
    return await translating('stored', async () => {
      const state = await uploadState(this.#connection, id)
      // It was right a moment ago; another request has written since, or even finished: the client asks anew.
      if (state?.offset !== offset) throw ERRORS.INVALID_OFFSET
      return receive(this.#connection, source, { id, state, signal: turn.signal, ...this.#receiving })
    })
  }

  override async remove(id: string): Promise<void> {
    await translating('deleted', () => deleteAll(this.#connection, id))
  }
}

/** Another server may be at it still, for a client that has gone and come back to this one. @throws STORE_UNAVAILABLE */
async function turnAt(lock: Lock, id: Id): Promise<Lease> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const lease = await lock.acquire(`upload:${id}`, { ttlMs: TURN_MS })
    if (lease) return lease
    await wait(WAIT_MS)
  }
  throw new ImageDocError('STORE_UNAVAILABLE', 'Another request is writing to this upload. Ask for the offset, and go on from there.')
}

/** The file of an upload; its parts are made one if the server that received the last one could not. @throws INPUT_MISSING */
async function finished(connection: S3Connection, id: Id): Promise<S3Object> {
  const { file } = uploadKeys(connection, id)
  const found = await head(connection, file)
  if (found) return found
  const state = await uploadState(connection, id)
  if (state && state.sent === state.info.size) await completeUpload(connection, id, state)
  const completed = await head(connection, file)
  if (completed) return completed
  throw new ImageDocError('INPUT_MISSING', 'The upload is not there any more, or not all of it has arrived.')
}

async function keep(connection: S3Connection, id: Id, { mediaType, digest, size }: Descriptor): Promise<void> {
  const found = await finished(connection, id)
  const changed = new ImageDocError('DIGEST_MISMATCH', 'The upload changed since it was checked. Send it again.')
  if (found.stored !== size) throw changed
  try {
    await copy(connection, found, { to: { key: connection.key(blobPath('objects', digest)), mediaType, metadata: {} } })
  } catch (error) {
    throw isTaken(error) ? changed : error
  }
}

async function deleteAll(connection: S3Connection, id: Id): Promise<void> {
  const { file, info, tail } = uploadKeys(connection, id)
  await abortUploads(connection, file, EVER)
  // What says that there is an upload goes last, so that the sweep finds what an interruption leaves.
  for (const key of [file, tail, info]) await remove(connection, key)
}

async function idsIn(connection: S3Connection): Promise<Id[]> {
  const client = await connection.client()
  const at = { Bucket: connection.bucket, Prefix: connection.key('uploads/') }
  const ids = new Set<Id>()
  const add = (key = ''): void => {
    const id = key.slice(at.Prefix.length).replace(/\.(?:info|tail)$/, '')
    if (isId(id)) ids.add(id)
  }
  for (let after: string | undefined, more = true; more; ) {
    const { Contents = [], IsTruncated = false } = await client.listObjectsV2({ ...at, ...(after !== undefined && { StartAfter: after }) })
    for (const { Key } of Contents) add(Key)
    after = Contents.at(-1)?.Key
    more = IsTruncated && after !== undefined
  }
  // One whose server ended before it wrote down what it had begun.
  const { Uploads = [] } = await client.listMultipartUploads(at)
  for (const { Key } of Uploads) add(Key)
  return [...ids]
}

/** The protocol's errors are no `Error`s, and pass as they are. */
async function translating<Value>(done: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (isImageDocError(error) || !(error instanceof Error)) throw error
    throw isMissing(error) ? ERRORS.FILE_NOT_FOUND : storeFailed(error, done)
  }
}

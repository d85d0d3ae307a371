import type { CompletedPart } from '@aws-sdk/client-s3'
import type { Id } from '../../records/id.ts'
import type { S3Connection } from './connection.ts'
import { remove } from './object.ts'
import { createSpool, type Spool } from './spool.ts'
import { completeUpload, putTail, type UploadState, uploadKeys } from './upload-state.ts'

const MIB = 1024 ** 2

/** S3 takes no part below this except the last. */
const LEAST_PART_BYTES = 5 * MIB
const PART_BYTES = 8 * MIB
/** S3 allows 10,000; what arrives in short requests makes more of them. */
const MOST_PARTS = 5000
/** Their memory, used again: it lies outside of the garbage collector's heap, which lets several parts gather before it looks at them. */
const memories: Uint8Array[] = []

export interface Receiving {
  readonly id: Id
  readonly state: UploadState
  /** Aborts when somebody else may write. */
  readonly signal: AbortSignal
  /** A source that gives nothing for so long has broken off. */
  readonly idleMs: number
  readonly sendInTurn: SendInTurn
}

/** Bounds the parts that are in memory at a time: whoever receives faster than the bucket takes them waits for the turn of the upload's user. */
export type SendInTurn = (upload: Id, send: () => Promise<void>) => Promise<void>

/**
 * Sends what arrives to the bucket part by part, from where the upload is. What had arrived when the source breaks off is kept. Gives the offset;
 * at the end the upload is one file. @throws what the source throws; what the SDK throws
 */
export async function receive(connection: S3Connection, source: AsyncIterable<Uint8Array>, receiving: Receiving): Promise<number> {
  const { id, state, signal, idleMs, sendInTurn } = receiving
  const { size } = state.info
  const partBytes = Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS))
  await using spool = await createSpool()
  const parts: CompletedPart[] = [...state.parts]
  let sent = state.sent
  const send = async (): Promise<void> => {
    signal.throwIfAborted()
    const part = { number: parts.length + 1, spool, bytes: partBytes }
    await sendInTurn(id, async () => void parts.push(await sendPart(connection, receiving, part)))
    sent += spool.size
    spool.clear()
  }
  if (state.tail > 0) await spool.write(await tailOf(connection, id))
  const broken = await gather(source, { spool, partBytes, idleMs, full: send })
  const offset = sent + spool.size
  if (spool.size >= LEAST_PART_BYTES || (offset === size && spool.size > 0)) await send()
  if (spool.size > 0) await putTail(connection, id, { begin: sent, bytes: await spool.read(new Uint8Array(spool.size)) })
  else if (state.tail > 0) await remove(connection, uploadKeys(connection, id).tail)
  if (offset === size) await completeUpload(connection, id, { info: state.info, parts })
  if (broken) throw broken.error
  return offset
}

interface Gathering {
  readonly spool: Spool
  readonly partBytes: number
  readonly idleMs: number
  readonly full: () => Promise<void>
}

/** What the source threw, if it did. */
async function gather(
  source: AsyncIterable<Uint8Array>,
  { spool, partBytes, idleMs, full }: Gathering,
): Promise<{ readonly error: unknown } | undefined> {
  const pieces = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await nextOf(pieces, idleMs).catch((error: unknown) => ({ error }))
      if ('error' in next) return next
      if (next.done) return undefined
      for (let rest = next.value; rest.length > 0; ) {
        const fitting = rest.subarray(0, partBytes - spool.size)
        await spool.write(fitting)
        rest = rest.subarray(fitting.length)
        if (spool.size === partBytes) await full()
      }
    }
  } finally {
    // Not waited for: a source that gives nothing more need not end either.
    void Promise.resolve(pieces.return?.()).catch(() => {})
  }
}

async function nextOf(pieces: AsyncIterator<Uint8Array>, idleMs: number): Promise<IteratorResult<Uint8Array, undefined>> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('The client sent nothing any more.')), idleMs)
  return Promise.race([pieces.next(), promise]).finally(() => clearTimeout(timer))
}

async function sendPart(
  connection: S3Connection,
  { id, state }: Receiving,
  { number, spool, bytes }: { number: number; spool: Spool; bytes: number },
): Promise<CompletedPart> {
  const client = await connection.client()
  const kept = memories.pop()
  const memory = kept && kept.length >= bytes ? kept : new Uint8Array(bytes)
  try {
    const { ETag } = await client.uploadPart({
      Bucket: connection.bucket,
      Key: uploadKeys(connection, id).file,
      UploadId: state.info.multipart,
      PartNumber: number,
      Body: await spool.read(memory),
    })
    return { PartNumber: number, ETag }
  } finally {
    // Larger ones are for files of more than 40 GB.
    if (memory.length === PART_BYTES) memories.push(memory)
  }
}

async function tailOf(connection: S3Connection, id: Id): Promise<Uint8Array> {
  const client = await connection.client()
  const { Body } = await client.getObject({ Bucket: connection.bucket, Key: uploadKeys(connection, id).tail })
  return (await Body?.transformToByteArray()) ?? new Uint8Array()
}

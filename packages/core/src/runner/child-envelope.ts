import { randomUUID } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FromHost, ToHost } from './protocol.ts'

/** A message between parent and child; many bytes travel beside it, in a file of the child's folder. */
export interface Envelope<Message> {
  readonly message: Message
  readonly file?: string
  /** The file stays where it is: a child reads of it what it needs. */
  readonly stays?: true
}

type Packed<Message> = Envelope<Message> & { readonly file: string }

/** From here on a file is faster than the pipe, and it leaves the event loops of both sides alone. */
const FILE_BYTES = 512 * 1024
/** Stands in a message for bytes that travel beside it. */
export const nothing = new Uint8Array()

/** @param folder of the child, which is removed with it */
export async function pack<Message extends ToHost | FromHost>(message: Message, folder: string): Promise<Envelope<Message>> {
  const bytes = bytesOf(message) as Uint8Array
  const file = join(folder, randomUUID())
  try {
    await writeWhole(file, bytes)
  } catch {
    // A full disk: the pipe still works.
    await rm(file, { force: true }).catch(() => {})
    return { message }
  }
  return { message: withBytes(message, nothing), file }
}

/** Writes a stream for a child; undefined when there is no room for it. @throws what the stream throws */
export async function spill(bytes: ReadableStream<Uint8Array>, folder: string): Promise<string | undefined> {
  const path = join(folder, randomUUID())
  let full = false
  try {
    await using file = await open(path, 'wx', 0o600)
    for await (const piece of bytes) {
      await file.writeFile(piece).catch((error: unknown) => {
        full = true
        throw error
      })
    }
    return path
  } catch (error) {
    await rm(path, { force: true }).catch(() => {})
    if (full) return undefined
    throw error
  }
}

/** True for a message whose bytes should travel in a file. */
export function isBulky(message: ToHost | FromHost): boolean {
  return (bytesOf(message)?.byteLength ?? 0) >= FILE_BYTES
}

/** The message again, with its bytes; the file is gone. */
export async function unpack<Message extends ToHost | FromHost>({ message, file }: Packed<Message>): Promise<Message> {
  const bytes = await readWhole(file)
  await rm(file, { force: true })
  return withBytes(message, bytes)
}

/**
 * The same in a child, at once: it has nothing else to do, and on a busy machine each of the five steps above waits for its turn (a preview of 3 MB took
 * a third longer).
 */
export function unpackAtOnce<Message extends ToHost | FromHost>({ message, file }: Packed<Message>): Message {
  const handle = openSync(file, 'r')
  try {
    const bytes = new Uint8Array(fstatSync(handle).size)
    for (let done = 0; done < bytes.length; ) done += readSome(handle, bytes, done)
    return withBytes(message, bytes)
  } finally {
    closeSync(handle)
    rmSync(file, { force: true })
  }
}

function readSome(handle: number, bytes: Uint8Array, from: number): number {
  const read = readSync(handle, bytes, { offset: from })
  if (read === 0) throw new Error('The file ended early.')
  return read
}

/** `writeFile` and `readFile` go in pieces of 512 KiB, each through the thread pool, which doubles the time of 26 MB. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten
}

async function readWhole(path: string): Promise<Uint8Array> {
  await using file = await open(path)
  const bytes = new Uint8Array((await file.stat()).size)
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done)
    if (bytesRead === 0) throw new Error('The file ended early.')
    done += bytesRead
  }
  return bytes
}

function bytesOf(message: ToHost | FromHost): Uint8Array | undefined {
  if (message.type === 'answer') return message.value instanceof Uint8Array ? message.value : undefined
  if (message.type !== 'reply' || !('result' in message.reply) || !('value' in message.reply.result)) return undefined
  return message.reply.result.value.bytes
}

function withBytes<Message extends ToHost | FromHost>(message: Message, bytes: Uint8Array): Message {
  if (message.type === 'answer') return { ...message, value: bytes }
  if (message.type !== 'reply' || !('result' in message.reply) || !('value' in message.reply.result)) return message
  const { result } = message.reply
  return { ...message, reply: { result: { ...result, value: { ...result.value, bytes } } } }
}

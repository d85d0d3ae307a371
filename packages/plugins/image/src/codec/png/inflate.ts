import { createInflate, constants as zlib } from 'node:zlib'

/** Beyond this much more than a header announces, a stream is left alone. */
const SLACK = 1024 * 1024
/** What zlib has made out of one piece is lost when the piece holds an error, hence small ones. */
const PIECE = 512
const CHECKSUM = 4

/** True when a zlib stream holds at least `bytes`, comes to its end, and its checksum is right. */
export async function isWhole(parts: Iterable<Uint8Array>, bytes: number): Promise<boolean> {
  let made = 0
  const ended = await run(parts, { finishFlush: zlib.Z_FINISH, chunkSize: 256 * 1024 }, (piece) => {
    made += piece.length
    return made <= bytes + SLACK
  })
  return ended && made >= bytes
}

/** What can be had of a zlib stream that is cut off or damaged, at most `bytes`. */
export async function salvage(parts: Iterable<Uint8Array>, bytes: number): Promise<Uint8Array> {
  const made = new Uint8Array(bytes)
  let length = 0
  await run(inPieces(parts), { finishFlush: zlib.Z_SYNC_FLUSH, chunkSize: 64 * 1024 }, (piece) => {
    const taken = piece.subarray(0, bytes - length)
    made.set(taken, length)
    length += taken.length
    return length < bytes
  })
  return made.subarray(0, length)
}

/** The last bytes one by one: behind the rows stands a checksum, and a wrong one is an error, too. */
function* inPieces(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let last: Uint8Array = new Uint8Array(0)
  for (const part of parts) {
    yield* cutUp(last, last.length)
    last = part
  }
  const end = Math.max(0, last.length - CHECKSUM)
  yield* cutUp(last, end)
  for (let at = end; at < last.length; at++) yield last.subarray(at, at + 1)
}

function* cutUp(part: Uint8Array, end: number): Generator<Uint8Array> {
  for (let at = 0; at < end; at += PIECE) yield part.subarray(at, Math.min(end, at + PIECE))
}

/** Inflates until `take` says that it is enough. True when the stream came to its end without an error. */
function run(
  parts: Iterable<Uint8Array>,
  options: Parameters<typeof createInflate>[0],
  take: (piece: Uint8Array) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = createInflate(options)
    const settle = (sound: boolean): void => {
      resolve(sound)
      stream.destroy()
    }
    stream.on('data', (piece: Uint8Array) => {
      if (!take(piece)) settle(false)
    })
    stream.on('error', () => settle(false))
    stream.on('end', () => settle(true))
    void feed(stream, parts)
  })
}

async function feed(stream: ReturnType<typeof createInflate>, parts: Iterable<Uint8Array>): Promise<void> {
  for (const part of parts) {
    if (stream.destroyed) return
    if (!stream.write(part)) await writable(stream)
  }
  if (!stream.destroyed) stream.end()
}

/** Leaves no listener behind: a stream of many parts waits often, and Node warns of a leak from the eleventh on. */
function writable(stream: ReturnType<typeof createInflate>): Promise<void> {
  return new Promise((resolve) => {
    const proceed = (): void => {
      stream.off('drain', proceed).off('close', proceed)
      resolve()
    }
    stream.on('drain', proceed).on('close', proceed)
  })
}

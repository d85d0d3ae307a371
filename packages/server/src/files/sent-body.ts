import { abortError, throwIfAborted } from '@imagedoc/core'
import { countPassed } from '../uploads/passing-bytes.ts'

/** What a connection is given at a time. */
const PIECE_BYTES = 64 * 1024
/** So long a reader may take for one piece, which is a rate of 2 KiB a second. */
const STALLED_MS = 30_000
/** So often is it asked whether the reader may still see this. */
const CHECK_MS = 10_000

/** How bytes are sent. */
export interface Sending {
  /** Aborts when the reader has gone, or their token has ended. */
  readonly signals: readonly AbortSignal[]
  /** Asked every 10 s while something is sent; what it throws ends the answer. */
  readonly check: () => Promise<unknown>
  /** Of a queue; left when all is sent. */
  readonly place: Disposable
  /** Cuts the connection; undefined where there is none (a request without a socket): then the stream fails. */
  readonly cut?: (() => void) | undefined
  /** Told why an answer was cut off that the reader wanted: what the source failed with. */
  readonly failed?: (error: unknown) => void
  /** @default 30 s */
  readonly stalledMs?: number
  /** @default 10 s */
  readonly checkMs?: number
}

/**
 * The body of an answer that is sent piece by piece, as fast as the reader takes it: no more than a piece is read ahead. A reader that takes nothing for
 * too long is let go of, and so is one who may not see it any more: the answer then ends before its length. The place is left in any case.
 * @throws what the source fails with at its first piece, so that the answer can say so
 */
export async function sentBody(
  source: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>,
  sending: Sending,
): Promise<ReadableStream<Uint8Array>> {
  const pieces = source instanceof Uint8Array ? piecesOf([source]) : piecesOf(source)
  try {
    const first = await orAborted(pieces.next(), sending.signals)
    return bodyOf(pieces, { ...sending, first })
  } catch (error) {
    sending.place[Symbol.dispose]()
    void pieces.return().catch(() => {})
    throw error
  }
}

/** A source that gives nothing must not hold a reader's place after they have gone. */
async function orAborted<Value>(work: Promise<Value>, signals: readonly AbortSignal[]): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(abortError(signals.find(({ aborted }) => aborted) as AbortSignal))
  for (const signal of signals) signal.addEventListener('abort', stop)
  if (signals.some(({ aborted }) => aborted)) stop()
  // What is not waited for any more may fail later.
  work.catch(() => {})
  return Promise.race([work, promise]).finally(() => signals.forEach((signal) => void signal.removeEventListener('abort', stop)))
}

type Pieces = AsyncGenerator<Uint8Array, void, undefined>
type Piece = IteratorResult<Uint8Array, void>

function bodyOf(pieces: Pieces, sending: Sending & { first: Piece }): ReadableStream<Uint8Array> {
  const { signals, check, place, cut, failed, stalledMs = STALLED_MS, checkMs = CHECK_MS } = sending
  let first: Piece | undefined = sending.first
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let stalled: NodeJS.Timeout | undefined
  let checkedAt = performance.now()
  let over = false

  const end = (): void => {
    if (over) return
    over = true
    clearTimeout(stalled)
    for (const signal of signals) signal.removeEventListener('abort', aborted)
    place[Symbol.dispose]()
    // A read may be under way, which is not waited for.
    void pieces.return().catch(() => {})
  }
  const stop = (error: unknown): void => {
    if (over) return
    end()
    if (cut) cut()
    else controller?.error(error)
  }
  const aborted = (): void => stop(abortError(signals.find(({ aborted }) => aborted) as AbortSignal))
  const wait = (): void => {
    clearTimeout(stalled)
    stalled = setTimeout(() => stop(new Error('The reader takes nothing any more.')), stalledMs).unref()
  }
  const next = async (): Promise<Piece> => {
    for (const signal of signals) throwIfAborted(signal)
    if (first) {
      const piece = first
      first = undefined
      return piece
    }
    if (performance.now() - checkedAt >= checkMs) {
      await check()
      checkedAt = performance.now()
    }
    return pieces.next()
  }

  return new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given
        for (const signal of signals) signal.addEventListener('abort', aborted)
        if (signals.some(({ aborted }) => aborted)) aborted()
        else wait()
      },
      async pull() {
        clearTimeout(stalled)
        try {
          const { done, value } = await next()
          if (over) return
          if (done) {
            end()
            controller?.close()
            return
          }
          countPassed(value.length)
          controller?.enqueue(value)
          wait()
        } catch (error) {
          failed?.(error)
          stop(error)
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}

async function* piecesOf(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Pieces {
  for await (const piece of source)
    for (let at = 0; at < piece.length; at += PIECE_BYTES) yield piece.subarray(at, Math.min(at + PIECE_BYTES, piece.length))
}

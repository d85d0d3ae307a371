import { closeSync, openSync, readSync } from 'node:fs'
import type { CodecInput } from '@imagedoc/core'

/** Bytes that are read by ranges: they lie in memory, or in a file of which no more is held than is looked at. */
export interface ByteRange {
  /** In bytes. */
  readonly size: number
  /** The bytes from `from` up to, without, `to`; fewer where there are no more. Never to be written to. */
  read(from: number, to: number): Uint8Array
  /** Fills `into` with the bytes from `from` on, as far as there are any. */
  copy(into: Uint8Array, from: number): void
}

/** The bytes of an image file. */
export interface ByteSource extends ByteRange {
  /** What sharp opens: the bytes, or the path of the file. */
  readonly input: Uint8Array | string
  /** A reader of stretches, one at a time. */
  windows(): ReadWindow
}

/** A stretch of a file: `bytes[0]` stands at byte `from`. */
export interface Window {
  readonly bytes: Uint8Array
  readonly from: number
}

/**
 * A stretch that holds byte `at` and the one behind it, as far as the file has them; in memory it is the whole file. Its bytes hold until the same
 * reader is asked for another.
 */
export type ReadWindow = (at: number) => Window

/** Large enough that reading costs little beside what is done with the bytes. */
const PIECE_BYTES = 256 * 1024
/** Directories and chunks are read in pieces of some bytes that lie near each other. */
const [SMALL_BYTES, BLOCK_BYTES] = [4096, 32 * 1024]

/** Opens what a codec is given; closing it is the caller's. */
export function openSource(input: CodecInput): ByteSource & Disposable {
  return input instanceof Uint8Array ? { ...inMemory(input), [Symbol.dispose]() {} } : onDisk(input.path, input.size)
}

/** Bytes that are in memory. */
export function inMemory(bytes: Uint8Array): ByteSource {
  const whole = { bytes, from: 0 }
  return {
    size: bytes.length,
    input: bytes,
    read: (from, to) => bytes.subarray(from, to),
    copy: (into, from) => into.set(bytes.subarray(from, from + into.length)),
    windows: () => () => whole,
  }
}

/** Bytes `from` up to, without, `to` of a source, as far as it has them. */
export function rangeOf(source: ByteRange, from: number, to: number): ByteRange {
  const size = Math.max(0, Math.min(to, source.size) - from)
  return {
    size,
    read: (first, last) => source.read(from + first, from + Math.min(last, size)),
    copy: (into, first) => source.copy(into.subarray(0, Math.max(0, size - first)), from + first),
  }
}

/** All bytes of a range. */
export const wholeOf = (range: ByteRange): Uint8Array => range.read(0, range.size)

function onDisk(path: string, size: number): ByteSource & Disposable {
  const handle = openSync(path, 'r')
  const fill = (into: Uint8Array, from: number): Uint8Array => {
    let done = 0
    for (let count = -1; count !== 0 && done < into.length; done += count)
      count = readSync(handle, into, done, into.length - done, from + done)
    return into.subarray(0, done)
  }
  let block: Window = { bytes: new Uint8Array(0), from: 0 }
  const readSmall = (from: number, to: number): Uint8Array => {
    if (from < block.from || to > block.from + block.bytes.length) {
      const start = from - (from % BLOCK_BYTES)
      block = { bytes: fill(new Uint8Array(BLOCK_BYTES + SMALL_BYTES), start), from: start }
    }
    return block.bytes.slice(from - block.from, to - block.from)
  }
  return {
    size,
    input: path,
    read(from, to) {
      const end = Math.min(to, size)
      if (end <= from) return new Uint8Array(0)
      return end - from > SMALL_BYTES ? fill(new Uint8Array(end - from), from) : readSmall(from, end)
    },
    copy: (into, from) => void fill(into.subarray(0, Math.max(0, size - from)), from),
    windows() {
      const buffer = new Uint8Array(Math.min(PIECE_BYTES, size))
      let held: Window = { bytes: buffer.subarray(0, 0), from: 0 }
      return (at) => {
        const end = held.from + held.bytes.length
        if (at < held.from || at >= end || (at + 1 === end && end < size)) held = { bytes: fill(buffer, at), from: at }
        return held
      }
    },
    [Symbol.dispose]: () => closeSync(handle),
  }
}

/** The bytes from `from` up to, without, `to` in pieces that hold as long as they are wanted; in memory it is one. */
export function* piecesOf(source: ByteSource, from: number, to: number): Generator<Uint8Array> {
  if (source.input instanceof Uint8Array) yield source.read(from, to)
  else for (let at = from; at < to; at += PIECE_BYTES) yield source.read(at, Math.min(to, at + PIECE_BYTES))
}

/** Looks at bytes one by one, mostly forward. */
export class ByteCursor {
  readonly #read: ReadWindow
  readonly #size: number
  #window: Window

  constructor(source: ByteSource) {
    this.#read = source.windows()
    this.#size = source.size
    this.#window = this.#read(0)
  }

  /** Undefined outside of the file. */
  byte(at: number): number | undefined {
    return this.#to(at).bytes[at - this.#window.from]
  }

  /** Where `value` stands next, from `at` on; -1 where it does not. */
  indexOf(value: number, at: number): number {
    for (let from = at; from < this.#size; ) {
      const { bytes, from: start } = this.#to(from)
      // Buffer's is several times as fast as that of a plain array of bytes.
      const found = Buffer.prototype.indexOf.call(bytes, value, from - start)
      if (found >= 0) return start + found
      if (bytes.length === 0) return -1
      from = start + bytes.length
    }
    return -1
  }

  #to(at: number): Window {
    const { bytes, from } = this.#window
    if ((at < from || at >= from + bytes.length) && at >= 0 && at < this.#size) this.#window = this.#read(at)
    return this.#window
  }
}

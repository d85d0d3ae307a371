import { readFileSync } from 'node:fs'
import type { Encoded } from './kind.ts'

/** Bytes that lie in a file of this process: those of a large input, which an operation may read piece by piece. */
export interface FileBytes {
  readonly path: string
  /** In bytes. */
  readonly size: number
}

const files = new WeakMap<Encoded, FileBytes>()

/** A value whose `bytes` are read from the file when somebody asks for them, and then are in memory as those of any other. */
export function encodedInFile(mediaType: string, file: FileBytes): Encoded {
  let whole: Uint8Array | undefined
  const value: Encoded = {
    mediaType,
    get bytes() {
      whole ??= readWholeFile(file)
      return whole
    },
  }
  files.set(value, file)
  return value
}

/** The value with more said of it; bytes that lie in a file stay there. */
export function describedAs<Said extends object>(value: Encoded, said: Said): Encoded & Said {
  const file = files.get(value)
  return file ? extend(encodedInFile(value.mediaType, file), said) : { ...value, ...said }
}

/** `Object.assign` keeps the object, by which its file is known. */
const extend: <Value, Said>(value: Value, said: Said) => Value & Said = Object.assign

/** True for a value of which there are bytes, in memory or in a file that nothing is read of here. */
export function hasBytes(value: Partial<Encoded>): boolean {
  return files.has(value as Encoded) || value.bytes instanceof Uint8Array
}

/** All bytes of what a codec is given, for one that does not read by ranges. A file's are in memory of their own. */
export function bytesOf(input: Uint8Array | FileBytes): Uint8Array {
  return input instanceof Uint8Array ? input : readWholeFile(input)
}

/** All of it, in memory that is its own. */
export function readWholeFile({ path }: FileBytes): Uint8Array {
  const { buffer, byteOffset, byteLength } = readFileSync(path)
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/**
 * The file that a value's bytes lie in; undefined where they are in memory. It is there until the operation has ended. An operation that reads pieces of
 * a document looks here before it touches `bytes`: a file of 500 MB then costs it no memory.
 */
export function fileOf(value: Encoded): FileBytes | undefined {
  return files.get(value)
}

import type { PdfFile } from './pdf-file.ts'

/** What the dictionary of an image's stream says beyond its pixels. */
export interface ImageDictionary {
  /** It has a mask, or is one: what shows is not the image alone. */
  masked: boolean
  /** It is itself a stencil: its pixels are where the paint goes. */
  stencil: boolean
  /** It is in a layer, which may be switched off. */
  layered: boolean
  /** Its samples are mapped (/Decode), so that the stored ones look different. */
  decoded: boolean
}

const LONGEST_DICTIONARY = 8192
const PIECE_BYTES = 1024 ** 2
const KEYWORD = 'stream'
/** `endstream`, or `stream` and its end of line. */
const SURROUNDINGS = 16
const TAIL_BYTES = 32
const COMPARED_BYTES = 64 * 1024
/** By which streams are told apart that are not found by their length. */
const HEAD_BYTES = 16

/** Where the streams of a file begin, in order, and the same by how far it is to their `endstream`. */
interface Streams {
  readonly starts: readonly number[]
  readonly byLength: ReadonlyMap<number, readonly number[]>
}

/**
 * Finds the dictionary of the image whose stored bytes are `raw`. PDFium does not tell of masks and /Decode; but a stream is never inside
 * an object stream, so its dictionary stands in the file as plain text right before its bytes (PDF 32000-1, 7.3.8). Undefined for an
 * inline image and in an encrypted file, where the stored bytes are not in the file. The file is searched once, for where its streams begin:
 * searched for every page's bytes it would cost as much again for every page that comes before.
 */
export function createDictionaryFinder(file: PdfFile): (raw: Uint8Array) => ImageDictionary | undefined {
  let streams: Streams | undefined
  let heads: ReadonlyMap<string, readonly number[]> | undefined
  /** All of them, not those of this length alone: `raw` may have `endstream` in it. */
  const alike = (raw: Uint8Array, { starts }: Streams): readonly number[] => {
    if (raw.length < HEAD_BYTES) return []
    heads ??= findHeads(file, starts)
    return heads.get(headOf(raw)) ?? []
  }
  return (raw) => {
    if (raw.length === 0) return undefined
    streams ??= findStreams(file)
    // An end of line may stand before `endstream`.
    const likely = [0, 1, 2].flatMap((more) => streams?.byLength.get(raw.length + more) ?? []).sort((one, other) => one - other)
    const dictionary = firstDictionary(file, likely, raw) ?? firstDictionary(file, alike(raw, streams), raw)
    return dictionary === undefined ? undefined : parse(dictionary)
  }
}

function firstDictionary(file: PdfFile, starts: readonly number[], raw: Uint8Array): string | undefined {
  for (const start of starts) {
    const dictionary = holds(file, start, raw) ? dictionaryBefore(file, start) : undefined
    if (dictionary !== undefined) return dictionary
  }
  return undefined
}

const headOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString('latin1')

/** Of an encrypted file no stored bytes are found by length: compared with every stream, each page would cost as much as there are streams. */
function findHeads(file: PdfFile, starts: readonly number[]): Map<string, number[]> {
  const heads = new Map<string, number[]>()
  const head = Buffer.alloc(HEAD_BYTES)
  for (const start of starts) {
    if (start + HEAD_BYTES > file.size) continue
    file.read(start, head)
    const same = heads.get(headOf(head))
    if (same) same.push(start)
    else heads.set(headOf(head), [start])
  }
  return heads
}

function findStreams(file: PdfFile): Streams {
  const starts: number[] = []
  const byLength = new Map<number, number[]>()
  const piece = Buffer.alloc(Math.min(file.size, PIECE_BYTES))
  let open: number | undefined
  // Pieces overlap by what is looked at around the word.
  for (let from = 0; ; from += PIECE_BYTES - 2 * SURROUNDINGS) {
    const bytes = piece.subarray(0, Math.min(piece.length, file.size - from))
    file.read(from, bytes)
    const last = from + bytes.length >= file.size
    const end = last ? bytes.length : bytes.length - SURROUNDINGS
    for (let at = bytes.indexOf(KEYWORD, from === 0 ? 0 : SURROUNDINGS); at >= 0 && at < end; at = bytes.indexOf(KEYWORD, at + 1)) {
      const after = at + KEYWORD.length
      if (bytes.toString('latin1', Math.max(0, at - 3), at) === 'end') {
        if (open !== undefined) {
          const length = from + at - 3 - open
          const same = byLength.get(length)
          // Added to, not copied: a file may have as many empty streams as it likes.
          if (same) same.push(open)
          else byLength.set(length, [open])
        }
        open = undefined
      } else if (bytes[after] === 10 || (bytes[after] === 13 && bytes[after + 1] === 10)) {
        const start = from + after + (bytes[after] === 10 ? 1 : 2)
        starts.push(start)
        open ??= start
      }
    }
    if (last) return { starts, byLength }
  }
}

/** The ends first: headers and tables of many scans are the same. */
function holds(file: PdfFile, start: number, raw: Uint8Array): boolean {
  if (start + raw.length > file.size) return false
  const tail = raw.subarray(-TAIL_BYTES)
  return equal(file, start + raw.length - tail.length, tail) && equal(file, start, raw)
}

/** In pieces: a buffer as large as every page's image would keep the garbage collector busy. */
function equal(file: PdfFile, start: number, expected: Uint8Array): boolean {
  const piece = Buffer.allocUnsafe(Math.min(expected.length, COMPARED_BYTES))
  for (let at = 0; at < expected.length; at += COMPARED_BYTES) {
    const part = expected.subarray(at, at + COMPARED_BYTES)
    const found = piece.subarray(0, part.length)
    file.read(start + at, found)
    if (!found.equals(part)) return false
  }
  return true
}

function dictionaryBefore(file: PdfFile, start: number): string | undefined {
  const before = Buffer.alloc(Math.min(start, LONGEST_DICTIONARY))
  file.read(start - before.length, before)
  const text = before.toString('latin1')
  const end = text.lastIndexOf(KEYWORD)
  const object = text.lastIndexOf(' obj', end)
  return object < 0 ? undefined : text.slice(object, end)
}

function parse(dictionary: string): ImageDictionary {
  const decode = /\/Decode\s*\[([^\]]*)\]/.exec(dictionary)?.[1]
  const indirect = /\/Decode\s+\d/.test(dictionary)
  return {
    stencil: /\/ImageMask\s+true/.test(dictionary),
    layered: /\/OC\s*[\d<]/.test(dictionary),
    masked: /\/(SMask|Mask)\s*[[\d<]/.test(dictionary),
    decoded: indirect || (decode !== undefined && !/^\s*(0(\.0*)?\s+1(\.0*)?\s*)+$/.test(decode)),
  }
}

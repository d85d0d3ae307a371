import { type Calibrated, readCalibrated } from './calibrated.ts'
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
  /** A fax of group 4 (/K below 0). */
  group4: boolean
  /** /BitsPerComponent, where it stands in the dictionary itself. */
  bits: number | undefined
  /** Its colours are those of a device. */
  device: boolean
  /** CalGray or CalRGB, where it stands in the dictionary itself. */
  calibrated: Calibrated | undefined
  /** /ColorTransform of a JPEG; null when it stands elsewhere. */
  transform: number | undefined | null
}

/** A palette or a long note may stand in it: looked for nearby first. */
const DICTIONARY_BYTES = [8 * 1024, 128 * 1024, 2 * 1024 ** 2]
const PIECE_BYTES = 1024 ** 2
const KEYWORD = 'stream'
/** `endstream`, or `stream` and its end of line. */
const SURROUNDINGS = 16
const TAIL_BYTES = 32
const COMPARED_BYTES = 64 * 1024
/** By which streams are told apart that are not found by their length. */
const HEAD_BYTES = 16

/** The streams of a file as far as it was searched. */
interface Streams {
  /** Where they begin, in order. */
  readonly starts: readonly number[]
  /** The same of those from which it is this far to their `endstream`. */
  ofLength(length: number): readonly number[]
  /** Searches the next piece of the file; false when there is none. */
  searchOn(): boolean
}

/**
 * Finds the dictionary of the image whose stored bytes are `raw`. PDFium does not tell of masks and /Decode; but a stream is never inside
 * an object stream, so its dictionary stands in the file as plain text right before its bytes (PDF 32000-1, 7.3.8). Undefined for an
 * inline image and in an encrypted file, where the stored bytes are not in the file. The file is searched once for where its streams begin,
 * and no farther than the image: searched for every page's bytes it would cost as much again for every page that comes before.
 */
export function createDictionaryFinder(file: PdfFile): (raw: Uint8Array) => ImageDictionary | undefined {
  const streams = createStreams(file)
  let heads: ReadonlyMap<string, readonly number[]> | undefined
  const ofLength = (raw: Uint8Array): string | undefined => {
    // An end of line may stand before `endstream`.
    const lists = [0, 1, 2].map((more) => ({ length: raw.length + more, tried: 0 }))
    for (;;) {
      const likely = lists.flatMap((list) => {
        const starts = streams.ofLength(list.length).slice(list.tried)
        list.tried += starts.length
        return starts
      })
      const found = firstDictionary(file, likely.sort(ascending), raw)
      if (found !== undefined || !streams.searchOn()) return found
    }
  }
  /** All of them, not those of this length alone: `raw` may have `endstream` in it. */
  const alike = (raw: Uint8Array): readonly number[] => {
    if (raw.length < HEAD_BYTES) return []
    heads ??= findHeads(file, streams.starts)
    return heads.get(headOf(raw)) ?? []
  }
  return (raw) => {
    if (raw.length === 0) return undefined
    const dictionary = ofLength(raw) ?? firstDictionary(file, alike(raw), raw)
    return dictionary === undefined ? undefined : parse(dictionary)
  }
}

const ascending = (one: number, other: number): number => one - other

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

function createStreams(file: PdfFile): Streams {
  const starts: number[] = []
  const byLength = new Map<number, number[]>()
  const piece = Buffer.alloc(Math.min(file.size, PIECE_BYTES))
  let open: number | undefined
  let from = 0
  let last = false
  const begin = (start: number): void => {
    starts.push(start)
    open ??= start
  }
  const end = (at: number): void => {
    if (open === undefined) return
    const same = byLength.get(at - open)
    // Added to, not copied: a file may have as many empty streams as it likes.
    if (same) same.push(open)
    else byLength.set(at - open, [open])
    open = undefined
  }
  return {
    starts,
    ofLength: (length) => byLength.get(length) ?? [],
    searchOn() {
      if (last) return false
      const bytes = piece.subarray(0, Math.min(piece.length, file.size - from))
      file.read(from, bytes)
      last = from + bytes.length >= file.size
      for (const at of keywordsIn(bytes, { first: from === 0, last })) {
        const after = at + KEYWORD.length
        if (bytes.toString('latin1', Math.max(0, at - 3), at) === 'end') end(from + at - 3)
        else if (bytes[after] === 10) begin(from + after + 1)
        else if (bytes[after] === 13 && bytes[after + 1] === 10) begin(from + after + 2)
      }
      // Pieces overlap by what is looked at around the word.
      from += PIECE_BYTES - 2 * SURROUNDINGS
      return true
    },
  }
}

function* keywordsIn(bytes: Buffer, { first, last }: { first: boolean; last: boolean }): Generator<number, void, undefined> {
  const end = last ? bytes.length : bytes.length - SURROUNDINGS
  for (let at = bytes.indexOf(KEYWORD, first ? 0 : SURROUNDINGS); at >= 0 && at < end; at = bytes.indexOf(KEYWORD, at + 1)) yield at
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
  for (const bytes of DICTIONARY_BYTES) {
    const before = Buffer.alloc(Math.min(start, bytes))
    file.read(start - before.length, before)
    const text = before.toString('latin1')
    const end = text.lastIndexOf(KEYWORD)
    const object = lastObject(text, end)
    if (object >= 0) return withoutEscapes(text.slice(object, end))
  }
  return undefined
}

/** Where the last object before `end` begins: after `obj`, which stands alone, not in `endobj`. */
function lastObject(text: string, end: number): number {
  for (let at = text.lastIndexOf('obj', end); at > 0; at = text.lastIndexOf('obj', at - 1)) if (/\s/.test(text[at - 1] ?? '')) return at
  return -1
}

/** PDF 32000-1, 7.3.5: `/S#4dask` is /SMask. */
const withoutEscapes = (dictionary: string): string =>
  dictionary.replace(/#([0-9A-Fa-f]{2})/g, (_escape, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))

function parse(dictionary: string): ImageDictionary {
  const decode = /\/Decode\s*\[([^\]]*)\]/.exec(dictionary)?.[1]
  const indirect = /\/Decode\s+\d/.test(dictionary)
  const bits = /\/BitsPerComponent\s+(\d+)(?!\s+\d+\s+R)\b/.exec(dictionary)?.[1]
  return {
    bits: bits === undefined ? undefined : Number(bits),
    stencil: /\/ImageMask\s+true/.test(dictionary),
    group4: /\/K\s+-/.test(dictionary),
    device: /\/(ColorSpace|CS)\s*\/(Device(RGB|Gray|CMYK)|RGB|G|CMYK)\b/.test(dictionary),
    calibrated: readCalibrated(dictionary),
    transform: transformIn(dictionary),
    layered: /\/OC\s*[\d<]/.test(dictionary),
    masked: /\/(SMask|Mask)\s*[[\d<]|\/SMaskInData\s+[12]/.test(dictionary),
    decoded: indirect || (decode !== undefined && !/^\s*(0(\.0*)?\s+1(\.0*)?\s*)+$/.test(decode)),
  }
}

function transformIn(dictionary: string): number | undefined | null {
  const value = /\/ColorTransform\s+(\d+)(\s+\d+\s+R)?/.exec(dictionary)
  if (value) return value[2] === undefined ? Number(value[1]) : null
  return /\/(DecodeParms|DP)\s*(\[\s*(null\s+)*)?\d/.test(dictionary) ? null : undefined
}

import { inflateSync } from 'node:zlib'

/** What PDFium does not tell of a document, read off its bytes. */
export interface Survey {
  /** A transfer function (/TR, PDF 32000-1, 10.5) may change what an image looks like. */
  readonly transfers: boolean
  /** /UserUnit by the page's object number: how many points a unit of that page is. */
  readonly userUnits: ReadonlyMap<number, number>
  /** Objects that are pages, of whatever state of the document. */
  readonly pageObjects: number
  /** Objects and streams are not closed: PDFium reads some of them as empty, without a word. */
  readonly unclosed: boolean
}

/** PDF 32000-1, 7.3.5: any letter of a name may be written as two hexadecimal digits. */
const transferName = /\/(?:T|#54)(?:R|#52)(?:2|#32)?(?![A-Za-z0-9#])/
const SURROUNDINGS = 12
const plainText = /^[\t\n\f\r -~]*$/
const pageType = /\/Type\s*\/Page(?![A-Za-z0-9])/
const MOST_PACKED_BYTES = 64 * 1024 ** 2
const PLAUSIBLE_UNIT = 1e6

/** Looks through a file once. Object streams are unpacked; in an encrypted file they cannot be, and then transfer functions are possible. */
export function survey(bytes: Uint8Array): Survey {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const userUnits = new Map<number, number>()
  const pages = new Set<number>()
  collectUserUnits(file, userUnits)
  collectPages(file, pages)
  const unclosed = isUnclosed(file)
  let transfers = mayTransfer(file)
  if (file.includes('/ObjStm')) {
    if (file.includes('/Encrypt')) return { transfers: true, userUnits, unclosed, pageObjects: pages.size }
    for (const { text, numbers } of objectStreams(file)) {
      transfers ||= transferName.test(text)
      for (const [number, dictionary] of numbers) {
        noteUserUnit(number, dictionary, userUnits)
        if (pageType.test(dictionary)) pages.add(number)
      }
    }
  }
  return { transfers, userUnits, unclosed, pageObjects: pages.size }
}

function mayTransfer(file: Buffer): boolean {
  for (const start of ['/TR', '/T#52', '/#54']) {
    for (let at = file.indexOf(start); at >= 0; at = file.indexOf(start, at + 1)) {
      const around = file.toString('latin1', Math.max(0, at - SURROUNDINGS), at + SURROUNDINGS)
      // The bytes of an image may happen to be these three; those around them are no text then.
      if (plainText.test(around) && transferName.test(around)) return true
    }
  }
  return false
}

function collectPages(file: Buffer, found: Set<number>): void {
  for (let at = file.indexOf('/Page'); at >= 0; at = file.indexOf('/Page', at + 1)) {
    if (!pageType.test(file.toString('latin1', Math.max(0, at - 12), at + 6))) continue
    const number = numberBefore(file, at)
    if (number !== undefined) found.add(number)
  }
}

/** Binary streams hold these words by chance hardly ever; what is suspected is looked at again. */
function isUnclosed(file: Buffer): boolean {
  return count(file, ' obj') > count(file, 'endobj') || count(file, 'stream') > 2 * count(file, 'endstream')
}

function count(file: Buffer, word: string): number {
  let found = 0
  for (let at = file.indexOf(word); at >= 0; at = file.indexOf(word, at + word.length)) found++
  return found
}

/** The number of the object that `at` is in. */
function numberBefore(file: Buffer, at: number): number | undefined {
  const object = file.lastIndexOf(' obj', at)
  const number = /(\d+)\s+\d+$/.exec(file.toString('latin1', Math.max(0, object - 20), Math.max(0, object)))?.[1]
  return number === undefined ? undefined : Number(number)
}

/** Of objects that stand in the file as they are; later ones replace earlier ones (an incremental update). */
function collectUserUnits(file: Buffer, found: Map<number, number>): void {
  for (let at = file.indexOf('/UserUnit'); at >= 0; at = file.indexOf('/UserUnit', at + 1)) {
    const number = numberBefore(file, at)
    if (number !== undefined) noteUserUnit(number, file.toString('latin1', at, at + 40), found)
  }
}

function noteUserUnit(number: number, dictionary: string, found: Map<number, number>): void {
  const unit = Number(/\/UserUnit\s+(\d*\.?\d+)/.exec(dictionary)?.[1])
  if (unit > 0 && unit <= PLAUSIBLE_UNIT) found.set(number, unit)
}

/** PDF 32000-1, 7.5.7: pairs of object number and offset, then from /First on the objects. */
function* objectStreams(file: Buffer): Generator<{ text: string; numbers: [number, string][] }, void, undefined> {
  let left = MOST_PACKED_BYTES
  for (let at = file.indexOf('/ObjStm'); at >= 0 && left > 0; at = file.indexOf('/ObjStm', at + 1)) {
    const start = file.indexOf('stream', at)
    const end = file.indexOf('endstream', start)
    const head = file.toString('latin1', Math.max(0, file.lastIndexOf(' obj', at)), start)
    const [count, first] = [/\/N\s+(\d+)/, /\/First\s+(\d+)/].map((part) => Number(part.exec(head)?.[1]))
    const data = start < 0 || end < 0 ? undefined : unpacked(file.subarray(start + 6, end), head)
    if (data === undefined || !(count !== undefined && first !== undefined && first > 0)) continue
    left -= data.length
    const text = data.toString('latin1')
    yield { text, numbers: pageType.test(text) ? numbered(text, count, first) : [] }
  }
}

function unpacked(stream: Buffer, head: string): Buffer | undefined {
  const data = stream.subarray(stream[0] === 13 ? 2 : 1)
  if (!/\/(FlateDecode|Fl)\b/.test(head)) return /\/Filter/.test(head) ? undefined : data
  try {
    return inflateSync(data, { maxOutputLength: MOST_PACKED_BYTES })
  } catch {
    return undefined
  }
}

function numbered(text: string, count: number, first: number): [number, string][] {
  const pairs = text.slice(0, first).trim().split(/\s+/).map(Number)
  return Array.from({ length: Math.min(count, pairs.length >> 1) }, (_, index) => {
    const next = pairs[2 * index + 3]
    const object = text.slice(first + (pairs[2 * index + 1] ?? 0), next === undefined ? undefined : first + next)
    return [pairs[2 * index] ?? 0, object]
  })
}

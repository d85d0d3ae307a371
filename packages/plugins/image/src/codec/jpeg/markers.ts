import { ByteCursor, type ByteSource } from '../byte-source.ts'

/** Marker codes (ITU-T T.81, table B.1). */
export const marker = {
  dht: 0xc4,
  dac: 0xcc,
  rst0: 0xd0,
  rst7: 0xd7,
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
  dqt: 0xdb,
  dri: 0xdd,
  app0: 0xe0,
  app1: 0xe1,
  app14: 0xee,
  com: 0xfe,
} as const

/** One marker with what belongs to it; positions are bytes of the file. */
export interface Segment {
  readonly marker: number
  /** Where the 0xff of the marker stands. */
  readonly at: number
  /** The payload, behind the two bytes of length. */
  readonly start: number
  readonly end: number
  /** Of a scan: where its coded data end, at the next marker that is no restart marker. */
  readonly dataEnd: number
  /** Of a scan: the numbers of its restart markers, 0 to 7, as they follow one another. */
  readonly restarts: readonly number[]
}

/** A file taken apart by its markers. */
export interface JpegFile {
  readonly source: ByteSource
  readonly segments: readonly Segment[]
  /** Bytes that belong to nothing, before a marker: `[from, to)`. Decoders pass over them with a warning. */
  readonly strays: readonly (readonly [number, number])[]
  /** True when the end marker is there. */
  readonly ended: boolean
}

/** Takes a file apart as libjpeg does: bytes before a marker are passed over, a scan's data end at the first marker that is no restart. */
export function readMarkers(source: ByteSource): JpegFile {
  const cursor = new ByteCursor(source)
  const segments: Segment[] = []
  const strays: [number, number][] = []
  for (let at = 2; ; ) {
    const next = nextMarker(cursor, at)
    if (next === undefined) return { source, segments, strays, ended: false }
    if (next.from > at) strays.push([at, next.from])
    if (next.marker === marker.eoi) return { source, segments, strays, ended: true }
    const segment = segmentAt(cursor, next, source.size)
    segments.push(segment)
    if (segment.end > source.size) return { source, segments, strays, ended: false }
    at = segment.dataEnd
  }
}

/** The whole segments before the first scan; ends at bytes that belong to none. */
export function* headerSegments(source: ByteSource): Generator<Segment> {
  const cursor = new ByteCursor(source)
  for (let at = 2; ; ) {
    const next = nextMarker(cursor, at)
    if (next === undefined || next.from > at || next.marker === marker.sos || next.marker === marker.eoi) return
    const segment = segmentAt(cursor, next, source.size)
    if (segment.end > source.size) return
    yield segment
    at = segment.end
  }
}

/** The most that one segment holds beside its length. */
export const SEGMENT_BYTES = 65_533

/** A segment with its marker and length. */
export function writeSegment(code: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts)
  const head = Uint8Array.of(0xff, code, (content.length + 2) >> 8, (content.length + 2) & 255)
  return Buffer.concat([head, content])
}

interface Found {
  readonly marker: number
  /** Where its first 0xff stands: fill bytes may follow. */
  readonly from: number
  readonly at: number
}

/** The next marker from `at` on; 0xff 0x00 is none (T.81, B.1.1.2). */
function nextMarker(cursor: ByteCursor, at: number): Found | undefined {
  for (let from = cursor.indexOf(0xff, at); from >= 0; from = cursor.indexOf(0xff, from + 1)) {
    let last = from
    while (cursor.byte(last + 1) === 0xff) last++
    const code = cursor.byte(last + 1)
    if (code === undefined) return undefined
    if (code !== 0) return { marker: code, from, at: last }
    from = last
  }
  return undefined
}

function segmentAt(cursor: ByteCursor, { marker: code, at }: Found, size: number): Segment {
  const start = at + 4
  // TEM and the restart markers stand alone.
  if (code === 0x01 || isRestart(code)) return { marker: code, at, start: at + 2, end: at + 2, dataEnd: at + 2, restarts: [] }
  const length = ((cursor.byte(at + 2) ?? 0) << 8) | (cursor.byte(at + 3) ?? 0)
  const end = at + 2 + Math.max(2, length)
  const scan = code === marker.sos ? readScanEnd(cursor, end, size) : { dataEnd: end, restarts: [] }
  return { marker: code, at, start, end, ...scan }
}

/** True for the restart markers, which stand in the middle of a scan. */
export const isRestart = (code: number): boolean => code >= marker.rst0 && code <= marker.rst7

function readScanEnd(cursor: ByteCursor, start: number, size: number): Pick<Segment, 'dataEnd' | 'restarts'> {
  const restarts: number[] = []
  for (let at = start; ; ) {
    const found = nextMarker(cursor, at)
    if (found === undefined) return { dataEnd: size, restarts }
    if (!isRestart(found.marker)) return { dataEnd: found.from, restarts }
    restarts.push(found.marker & 7)
    at = found.at + 2
  }
}

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
}

/** A file taken apart by its markers. */
export interface JpegFile {
  readonly bytes: Uint8Array
  readonly segments: readonly Segment[]
  /** Bytes that belong to nothing, before a marker: `[from, to)`. Decoders pass over them with a warning. */
  readonly strays: readonly (readonly [number, number])[]
  /** True when the end marker is there. */
  readonly ended: boolean
}

/** Takes a file apart as libjpeg does: bytes before a marker are passed over, a scan's data end at the first marker that is no restart. */
export function readMarkers(bytes: Uint8Array): JpegFile {
  const segments: Segment[] = []
  const strays: [number, number][] = []
  for (let at = 2; ; ) {
    const next = nextMarker(bytes, at)
    if (next === undefined) return { bytes, segments, strays, ended: false }
    if (next.from > at) strays.push([at, next.from])
    if (next.marker === marker.eoi) return { bytes, segments, strays, ended: true }
    const segment = segmentAt(bytes, next)
    segments.push(segment)
    if (segment.end > bytes.length) return { bytes, segments, strays, ended: false }
    at = segment.dataEnd
  }
}

/** The whole segments before the first scan; ends at bytes that belong to none. */
export function* headerSegments(bytes: Uint8Array): Generator<Segment> {
  for (let at = 2; ; ) {
    const next = nextMarker(bytes, at)
    if (next === undefined || next.from > at || next.marker === marker.sos || next.marker === marker.eoi) return
    const segment = segmentAt(bytes, next)
    if (segment.end > bytes.length) return
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
function nextMarker(bytes: Uint8Array, at: number): Found | undefined {
  for (let from = bytes.indexOf(0xff, at); from >= 0; from = bytes.indexOf(0xff, from + 1)) {
    let last = from
    while (bytes[last + 1] === 0xff) last++
    const code = bytes[last + 1]
    if (code === undefined) return undefined
    if (code !== 0) return { marker: code, from, at: last }
    from = last
  }
  return undefined
}

function segmentAt(bytes: Uint8Array, { marker: code, at }: Found): Segment {
  const start = at + 4
  // TEM and the restart markers stand alone.
  if (code === 0x01 || isRestart(code)) return { marker: code, at, start: at + 2, end: at + 2, dataEnd: at + 2 }
  const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
  const end = at + 2 + Math.max(2, length)
  return { marker: code, at, start, end, dataEnd: code === marker.sos ? endOfScan(bytes, end) : end }
}

/** True for the restart markers, which stand in the middle of a scan. */
export const isRestart = (code: number): boolean => code >= marker.rst0 && code <= marker.rst7

function endOfScan(bytes: Uint8Array, start: number): number {
  for (let at = start; ; ) {
    const found = nextMarker(bytes, at)
    if (found === undefined) return bytes.length
    if (!isRestart(found.marker)) return found.from
    at = found.at + 2
  }
}

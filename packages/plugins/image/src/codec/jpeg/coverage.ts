import type { Frame } from './frame.ts'
import { type HuffmanTable, readHuffmanTables } from './huffman.ts'
import { type JpegFile, marker } from './markers.ts'
import { frameUnits, type Scan, type ScanComponent, unitGrid } from './scan.ts'
import { readScanUnits, type ScanUnits } from './scan-units.ts'

/** What the scans of a file have given. */
export interface Coverage {
  /** 1 for every unit of the frame of which a component is not there, or only in the roughest of passes. */
  readonly missing: Uint8Array
  /** Bytes of coded data that are left over: something is wrong, and nothing tells where. */
  readonly left: number
  /** Bytes behind the scans that an encoder may have filled up with. */
  readonly padding: number
  /** Later passes of a progressive file are missing. */
  readonly isBlurred: boolean
}

const COEFFICIENTS = 64

/** Reads the coded data of a file as a decoder does. `readTables` may remember the tables of other files. */
export async function readCoverage({ source, segments, ended }: JpegFile, frame: Frame, readTables = readHuffmanTables): Promise<Coverage> {
  const tables = new Map<number, HuffmanTable>()
  const steps = new Map<number, number>()
  const coverage = createCoverage(frame)
  let interval = 0
  for (const segment of segments) {
    const payload = source.read(segment.start, segment.end)
    if (segment.marker === marker.dht) for (const [id, table] of readTables(payload)) tables.set(id, table)
    if (segment.marker === marker.dqt) readSteps(payload, steps)
    if (segment.marker === marker.dri) interval = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0)
    if (segment.marker !== marker.sos) continue
    const scan = readScan(payload, { frame, tables, steps })
    if (scan !== undefined) coverage.add(scan, await readScanUnits({ source, segment, frame, scan, interval }))
  }
  coverage.close(ended)
  return coverage
}

/** The first number of each quantisation table: the step of the DC coefficient. */
function readSteps(payload: Uint8Array, steps: Map<number, number>): void {
  for (let at = 0; at < payload.length; ) {
    const wide = (payload[at] ?? 0) >> 4 === 1
    steps.set((payload[at] ?? 0) & 15, wide ? ((payload[at + 1] ?? 0) << 8) | (payload[at + 2] ?? 0) : (payload[at + 1] ?? 1))
    at += wide ? 129 : 65
  }
}

function readScan(
  payload: Uint8Array,
  { frame, tables, steps }: { frame: Frame; tables: ReadonlyMap<number, HuffmanTable>; steps: ReadonlyMap<number, number> },
): Scan | undefined {
  const count = payload[0] ?? 0
  const components: ScanComponent[] = []
  for (let index = 0; index < count; index++) {
    const component = frame.components.find(({ id }) => id === payload[1 + index * 2])
    const used = payload[2 + index * 2] ?? 0
    if (component === undefined) return undefined
    components.push({
      component,
      dc: tables.get(used >> 4),
      ac: tables.get(16 + (used & 15)),
      step: steps.get(component.quantisation) ?? 1,
    })
  }
  const [from = 0, to = 63, approximation = 0] = payload.subarray(1 + count * 2)
  return {
    components,
    from,
    to,
    shift: frame.progressive ? approximation & 15 : 0,
    refines: frame.progressive && approximation >> 4 > 0,
    progressive: frame.progressive,
  }
}

interface Counting extends Coverage {
  add(scan: Scan, units: ScanUnits): void
  /** After the last scan. `ended`: the end mark was there. */
  close(ended: boolean): void
}

/** Counts what the scans give, one after the other. */
function createCoverage(frame: Frame): Counting {
  const { columns, rows } = frameUnits(frame)
  const missing = new Uint8Array(columns * rows)
  const begun = new Map(frame.components.map(({ id }) => [id, new Uint8Array(COEFFICIENTS)]))
  // Bits of each coefficient that no pass has given yet.
  const shifts = new Map(frame.components.map(({ id }) => [id, new Uint8Array(COEFFICIENTS)]))
  const state = { left: 0, padding: 0, isBlurred: false }
  return {
    missing,
    get left() {
      return state.left
    },
    get padding() {
      return state.padding
    },
    get isBlurred() {
      return state.isBlurred
    },
    add(scan, units) {
      state.left += units.left
      state.padding += units.padding
      for (const { component } of scan.components) shifts.get(component.id)?.fill(scan.shift, scan.from, scan.to + 1)
      if (scan.refines) return
      for (const { component } of scan.components) begun.get(component.id)?.fill(1, scan.from, scan.to + 1)
      const essential = scan.from === 0 || scan.components.some(({ component }) => component === frame.components[0])
      const { unitOf } = unitGrid(frame, scan)
      for (const [from, to] of units.lost) {
        if (!essential) state.isBlurred = true
        else for (let index = from; index < to; index++) missing[unitOf(index)] = 1
      }
    },
    close(ended) {
      const [first, ...others] = frame.components.map(({ id }) => begun.get(id) ?? new Uint8Array(COEFFICIENTS))
      // Without its finer coefficients brightness is a blur of 8 pixels, in which no letter can be read; colour may be a blur.
      if (first?.includes(0) || others.some((coefficients) => coefficients[0] === 0)) missing.fill(1)
      if (others.some((coefficients) => coefficients.includes(0)) || (frame.progressive && !ended)) state.isBlurred = true
      if ([...shifts.values()].some((coefficients) => coefficients.some((shift) => shift > 0))) state.isBlurred = true
    },
  }
}

import type { BitReader } from './bit-reader.ts'
import type { Component, Frame } from './frame.ts'
import type { HuffmanTable } from './huffman.ts'

/** A component in a scan, with its tables. */
export interface ScanComponent {
  readonly component: Component
  readonly dc: HuffmanTable | undefined
  readonly ac: HuffmanTable | undefined
  /** The size of one step of the DC coefficient. */
  readonly step: number
}

/** A scan header (T.81, B.2.3). */
export interface Scan {
  readonly components: readonly ScanComponent[]
  /** Coefficients, first and last. */
  readonly from: number
  readonly to: number
  /** Bits that a later scan refines; `refines` for such a scan itself. */
  readonly shift: number
  readonly refines: boolean
  readonly progressive: boolean
}

/** A block decoder: true when the block is sound. */
export type ReadBlock = (reader: BitReader, component: ScanComponent, index: number) => boolean

/**
 * Samples lie between -128 and 127, so that 8 times their mean stays below 1024; with the rounding of the coefficient, and with encoders that let
 * white run over (mozjpeg), this much. A coefficient beyond it is the mark of a decoder that lost its place.
 */
const LARGEST_DC = 1320

/** Reads the blocks of a scan without making a picture of them. @see T.81, F.2.2 and G.1.2 */
export function blockReader(scan: Scan): { read: ReadBlock; reset: () => void } {
  const predictions = new Int32Array(scan.components.length)
  const run = { left: 0 }
  const band = { from: scan.from, to: scan.to, run }
  const reset = (): void => {
    predictions.fill(0)
    run.left = 0
  }
  if (scan.progressive && scan.from > 0) return { reset, read: (reader, { ac }) => ac !== undefined && readBand(reader, ac, band) }
  const readDc: ReadBlock = (reader, { dc, step }, index) => {
    if (scan.refines) return reader.read(1) >= 0
    const size = dc === undefined ? -1 : reader.symbol(dc)
    if (size < 0 || size > 11) return false
    const prediction = (predictions[index] as number) + extend(reader.read(size), size)
    predictions[index] = prediction
    return Math.abs(prediction << scan.shift) * step <= LARGEST_DC + step
  }
  if (scan.progressive) return { reset, read: readDc }
  const tables = scan.components.map(({ ac }) => ac?.ac)
  const read: ReadBlock = (reader, of, index) => {
    const ac = tables[index]
    return ac !== undefined && readDc(reader, of, index) && reader.passBlock(ac)
  }
  return { reset, read }
}

/** A coefficient of `size` bits (T.81, F.12). */
const extend = (value: number, size: number): number => (size === 0 || value >> (size - 1) === 1 ? value : value - (1 << size) + 1)

/** One block of a progressive scan's first pass over a band of coefficients. */
function readBand(reader: BitReader, ac: HuffmanTable, { from, to, run }: Pick<Scan, 'from' | 'to'> & { run: { left: number } }): boolean {
  if (run.left > 0) {
    run.left--
    return true
  }
  for (let k = from; k <= to; ) {
    const symbol = reader.symbol(ac)
    if (symbol < 0) return false
    const [zeros, size] = [symbol >> 4, symbol & 15]
    if (size === 0 && zeros < 15) {
      run.left = (1 << zeros) + reader.read(zeros) - 1
      return true
    }
    k += zeros + 1
    if (k > to + 1 || size > 10) return false
    reader.read(size)
  }
  return true
}

/** How the units of a scan lie in the frame: each unit belongs to one of the frame's. */
export interface UnitGrid {
  readonly units: number
  /** Blocks of each component in a unit. */
  blocks(component: ScanComponent): number
  /** The frame's unit that unit `index` of the scan lies in. */
  unitOf(index: number): number
}

/** Units of a frame along its edges (T.81, A.2.3); a frame of one component has units of one block. */
export function frameUnits({ width, height, components }: Frame): { columns: number; rows: number; edgeX: number; edgeY: number } {
  const alone = components.length === 1
  const edgeX = alone ? 8 : 8 * Math.max(...components.map(({ h }) => h))
  const edgeY = alone ? 8 : 8 * Math.max(...components.map(({ v }) => v))
  return { columns: Math.ceil(width / edgeX), rows: Math.ceil(height / edgeY), edgeX, edgeY }
}

/** The grid of a scan: interleaved, or block by block of one component (T.81, A.2.2). */
export function unitGrid(frame: Frame, { components }: Scan): UnitGrid {
  const { columns, rows, edgeX, edgeY } = frameUnits(frame)
  const [first] = components
  if (components.length > 1 || first === undefined || frame.components.length === 1) {
    const blocks = ({ component }: ScanComponent): number => (frame.components.length === 1 ? 1 : component.h * component.v)
    return { units: columns * rows, blocks, unitOf: (index) => index }
  }
  const { h, v } = first.component
  const across = Math.ceil(Math.ceil((frame.width * h * 8) / edgeX) / 8)
  const down = Math.ceil(Math.ceil((frame.height * v * 8) / edgeY) / 8)
  const unitOf = (index: number): number => Math.floor(Math.floor(index / across) / v) * columns + Math.floor((index % across) / h)
  return { units: across * down, blocks: () => 1, unitOf }
}

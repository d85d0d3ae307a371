import { setImmediate } from 'node:timers/promises'
import type { Frame } from './frame.ts'
import { BitReader } from './huffman.ts'
import { isRestart, type Segment } from './markers.ts'
import { blockReader, type Scan, unitGrid } from './scan.ts'

/** What was found in a scan. */
export interface ScanUnits {
  /** Units that are lost, `[from, to)`, in the scan's own order. */
  readonly lost: readonly (readonly [number, number])[]
  /** Bytes that are left over when every unit has been read: something was put in, or a value misread, and nothing tells where. */
  readonly left: number
  /** Bytes behind the last unit that are so few, or so much the same, that an encoder may have filled up with them. */
  readonly padding: number
}

interface At {
  readonly bytes: Uint8Array
  readonly segment: Segment
  readonly frame: Frame
  readonly scan: Scan
  /** Units between restart markers; 0 for none. */
  readonly interval: number
}

/** Encoders fill up the last byte; some write a few more, or a few that are all the same. */
const PADDING = 2
const SAME_PADDING = 16
/** Units that are read before others have their turn; some milliseconds. */
const AT_ONCE = 4096

/** Reads a scan unit by unit, from restart to restart as libjpeg takes them up. A pass that refines earlier ones cannot be read alone. */
export async function readScanUnits({ bytes, segment, frame, scan, interval }: At): Promise<ScanUnits> {
  const grid = unitGrid(frame, scan)
  if (scan.refines && scan.from > 0) return { lost: [], left: 0, padding: 0 }
  const reader = new BitReader(bytes, segment.end, segment.dataEnd)
  const blocks = blockReader(scan)
  const lost: [number, number][] = []
  let left = 0
  let padding = 0
  const length = interval > 0 ? interval : grid.units
  for (let unit = 0, piece = 0; unit < grid.units; unit += length, piece++) {
    const end = Math.min(grid.units, unit + length)
    blocks.reset()
    const sound = await readPiece(reader, { scan, grid, blocks, from: unit, to: end })
    if (sound < end) lost.push([sound, end])
    const stop = nextStop(bytes, reader.at, segment.dataEnd)
    if (sound === end && isJunk(bytes, stop - reader.left(stop), stop)) {
      if (interval > 0) lost.push([unit, end])
      else left = reader.left(stop)
    } else if (sound === end) padding += reader.left(stop)
    if (end === grid.units) break
    const onward = resume(bytes, { stop, dataEnd: segment.dataEnd, piece })
    if (onward === undefined) {
      // Of eight restart numbers only the last three bits are known: pieces that ran out may have been lost at the first damage already.
      const first = lost[0]?.[0] ?? end
      const from = stop < bytes.length ? first : end
      lost.push([from, grid.units])
      break
    }
    if (onward.skip > 0) lost.push([end, Math.min(grid.units, end + onward.skip * length)])
    unit += onward.skip * length
    piece += onward.skip
    reader.restart(onward.at)
  }
  return { lost, left, padding }
}

/** The first unit that is not sound, or `to`. */
async function readPiece(
  reader: BitReader,
  {
    scan,
    grid,
    blocks,
    from,
    to,
  }: { scan: Scan; grid: ReturnType<typeof unitGrid>; blocks: ReturnType<typeof blockReader>; from: number; to: number },
): Promise<number> {
  const inUnit = scan.components.flatMap((component, index) => Array.from({ length: grid.blocks(component) }, () => ({ component, index })))
  for (let unit = from; unit < to; unit++) {
    if (unit % AT_ONCE === 0) await setImmediate()
    for (let block = 0; block < inUnit.length; block++) {
      const { component, index } = inUnit[block] as (typeof inUnit)[number]
      if (!blocks.read(reader, component, index) || reader.isOver) return unit
    }
  }
  return to
}

/** Where the next marker stands. */
function nextStop(bytes: Uint8Array, at: number, end: number): number {
  for (let from = bytes.indexOf(0xff, at); from >= 0 && from < end; from = bytes.indexOf(0xff, from + 1)) {
    if (bytes[from + 1] !== 0 && bytes[from + 1] !== 0xff) return from
  }
  return end
}

/** More than padding is left over. */
function isJunk(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from <= PADDING) return false
  const left = bytes.subarray(from, to)
  return to - from > SAME_PADDING || left.some((byte) => byte !== left[0])
}

/**
 * Where reading goes on behind piece `piece`, as libjpeg's jpeg_resync_to_restart does: at the marker that is due; one of the next two means that
 * pieces are lost, one of the last two is passed over. `skip`: pieces that are lost. Undefined where the data end.
 */
function resume(
  bytes: Uint8Array,
  { stop, dataEnd, piece }: { stop: number; dataEnd: number; piece: number },
): { at: number; skip: number } | undefined {
  for (let at = stop; at < dataEnd; at = nextStop(bytes, at + 2, dataEnd)) {
    const code = bytes[at + 1] ?? 0
    if (!isRestart(code)) continue
    const ahead = ((code & 7) - (piece & 7) + 8) & 7
    if (ahead === 6 || ahead === 7) continue
    return ahead <= 2 ? { at: at + 2, skip: ahead } : undefined
  }
  return undefined
}

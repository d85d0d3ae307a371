import { setImmediate } from 'node:timers/promises'
import { ByteCursor, type ByteSource } from '../byte-source.ts'
import { BitReader } from './bit-reader.ts'
import type { Frame } from './frame.ts'
import { isRestart, type Segment } from './markers.ts'
import { blockReader, type Scan, type ScanComponent, unitGrid } from './scan.ts'

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
  readonly source: ByteSource
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
export async function readScanUnits({ source, segment, frame, scan, interval }: At): Promise<ScanUnits> {
  const grid = unitGrid(frame, scan)
  if (scan.refines && scan.from > 0) return { lost: [], left: 0, padding: 0 }
  const reader = new BitReader(source, segment.end, segment.dataEnd)
  const cursor = new ByteCursor(source)
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
    const stop = nextStop(cursor, reader.at, segment.dataEnd)
    if (sound === end && isJunk(source, stop - reader.left(stop), stop)) {
      if (interval > 0) lost.push([unit, end])
      else left = reader.left(stop)
    } else if (sound === end) padding += reader.left(stop)
    if (end === grid.units) break
    const onward = resume(cursor, { stop, dataEnd: segment.dataEnd, piece })
    if (onward === undefined) {
      // Of eight restart numbers only the last three bits are known: pieces that ran out may have been lost at the first damage already.
      const first = lost[0]?.[0] ?? end
      const from = stop < source.size ? first : end
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
  const { components } = scan
  const inUnit = components.flatMap((component, index) => Array.from({ length: grid.blocks(component) }, () => index))
  for (let unit = from; unit < to; unit++) {
    if (unit % AT_ONCE === 0) await setImmediate()
    for (let block = 0; block < inUnit.length; block++) {
      const index = inUnit[block] as number
      if (!blocks.read(reader, components[index] as ScanComponent, index) || reader.isOver) return unit
    }
  }
  return to
}

/** Where the next marker stands. */
function nextStop(cursor: ByteCursor, at: number, end: number): number {
  for (let from = cursor.indexOf(0xff, at); from >= 0 && from < end; from = cursor.indexOf(0xff, from + 1)) {
    const next = cursor.byte(from + 1)
    if (next !== 0 && next !== 0xff) return from
  }
  return end
}

/** More than padding is left over. */
function isJunk(source: ByteSource, from: number, to: number): boolean {
  if (to - from <= PADDING) return false
  if (to - from > SAME_PADDING) return true
  const left = source.read(from, to)
  return left.some((byte) => byte !== left[0])
}

/**
 * Where reading goes on behind piece `piece`, as libjpeg's jpeg_resync_to_restart does: at the marker that is due; one of the next two means that
 * pieces are lost, one of the last two is passed over. `skip`: pieces that are lost. Undefined where the data end.
 */
function resume(
  cursor: ByteCursor,
  { stop, dataEnd, piece }: { stop: number; dataEnd: number; piece: number },
): { at: number; skip: number } | undefined {
  for (let at = stop; at < dataEnd; at = nextStop(cursor, at + 2, dataEnd)) {
    const code = cursor.byte(at + 1) ?? 0
    if (!isRestart(code)) continue
    const ahead = ((code & 7) - (piece & 7) + 8) & 7
    if (ahead === 6 || ahead === 7) continue
    return ahead <= 2 ? { at: at + 2, skip: ahead } : undefined
  }
  return undefined
}

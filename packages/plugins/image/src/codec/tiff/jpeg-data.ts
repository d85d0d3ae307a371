import { ImageDocError } from '@imagedoc/core'
import { readRaw } from './directory.ts'
import { createJpegState, type HuffmanTable, type JpegScan, scanJpeg } from './jpeg-scan.ts'
import type { TiffPage } from './page.ts'
import type { Segment } from './segments.ts'
import { tag } from './tags.ts'

/** True when no strip or tile shows damage. */
export async function isJpegSound(page: TiffPage): Promise<boolean> {
  const known = new Map<string, HuffmanTable>()
  return page.segments.every((segment) => scan(page, segment, known).every(({ state }) => state !== 'damaged'))
}

/** Rows of a strip or tile that are sound, in all its planes. */
export function jpegRows(page: TiffPage, segment: Segment): number {
  const rows = scan(page, segment).map(({ state, rows }) => (state === 'damaged' ? rows : segment.height))
  return Math.min(segment.height, ...rows)
}

function scan({ file, directory }: TiffPage, segment: Segment, known?: Map<string, HuffmanTable>): JpegScan[] {
  const tables = directory.fields.get(tag.jpegTables)
  return segment.parts.map((part) => {
    const state = createJpegState(known)
    if (tables) scanJpeg(readRaw(file, tables), state)
    return scanJpeg(part, state)
  })
}

/** The strip with another height in its JPEG header (SOF, T.81 B.2.2): libjpeg then stops above the damage. */
export function withJpegHeight(segment: Segment, height: number): Segment {
  return { ...segment, height, parts: segment.parts.map((part) => patched(part, height)) }
}

function patched(part: Uint8Array, height: number): Uint8Array {
  const at = frameAt(part)
  if (at === undefined) return part
  const out = part.slice()
  new DataView(out.buffer).setUint16(at + 5, height)
  return out
}

/** Position of the frame header's marker. */
function frameAt(bytes: Uint8Array): number | undefined {
  let at = 2
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] as number
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return at
    at += 2 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  }
  return undefined
}

/** @throws UNSUPPORTED_MEDIA_TYPE for lossless JPEG, which is a camera's */
export function assertJpegProcess({ segments }: TiffPage): void {
  const part = segments[0]?.parts[0]
  const at = part && frameAt(part)
  if (at === undefined || part?.[at + 1] !== 0xc3) return
  throw new ImageDocError(
    'UNSUPPORTED_MEDIA_TYPE',
    'The page is stored as TIFF with lossless JPEG, which is not supported; convert it, for example with "tiffcp -c lzw in.tif out.tif".',
  )
}

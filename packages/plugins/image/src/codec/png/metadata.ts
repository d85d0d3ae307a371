import { hasFields, writeExif } from '../metadata/exif-writer.ts'
import type { FileTags } from '../metadata/file-tags.ts'
import { type ChunkContent, contentsOf, writePng } from './chunks.ts'
import { textChunk } from './texts.ts'

/** What this module writes, and what the encoder may have written in its place. */
const replaced = new Set(['pHYs', 'eXIf', 'tEXt', 'zTXt', 'iTXt', 'tIME'])
const METRES_PER_INCH = 0.0254

/** Puts density (pHYs), EXIF (eXIf), XMP and texts (iTXt) into a PNG, before its rows. @see PNG third edition, 11.3 */
export function tagPng(file: Uint8Array, { exif, xmp, texts, density }: FileTags): Uint8Array {
  const block = hasFields(exif) ? writeExif(exif, density) : undefined
  const added: ChunkContent[] = [
    ...(density === null ? [] : [['pHYs', physical(density)] as const]),
    ...(block ? [['eXIf', block] as const] : []),
    ...(xmp === undefined ? [] : [textChunk('XML:com.adobe.xmp', xmp)]),
    ...Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text)),
  ]
  const kept = contentsOf(file).filter(([type]) => !replaced.has(type))
  const rows = kept.findIndex(([type]) => type === 'IDAT')
  return writePng([...kept.slice(0, rows), ...added, ...kept.slice(rows)])
}

/** Pixels per metre, both ways: whole numbers, so that 300 dpi becomes 11811 (299.9994). */
function physical(density: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(9))
  const perMetre = Math.max(1, Math.min(0x7fff_ffff, Math.round(density / METRES_PER_INCH)))
  view.setUint32(0, perMetre)
  view.setUint32(4, perMetre)
  view.setUint8(8, 1)
  return new Uint8Array(view.buffer)
}

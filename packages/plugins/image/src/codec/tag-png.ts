import { hasFields, writeExif } from './exif-writer.ts'
import type { FileTags } from './file-tags.ts'
import { pngChunk, pngChunks, pngSignature, pngTextChunk } from './png-chunk.ts'

/** What this module writes, and what the encoder may have written in its place. */
const replaced = new Set(['pHYs', 'eXIf', 'tEXt', 'zTXt', 'iTXt', 'tIME'])
const METRES_PER_INCH = 0.0254

/** Puts density (pHYs), EXIF (eXIf), XMP and texts (iTXt) into a PNG, before its rows. @see PNG third edition, 11.3 */
export function tagPng(file: Uint8Array, { exif, xmp, texts, density }: FileTags): Uint8Array {
  const block = hasFields(exif) ? writeExif(exif, density) : undefined
  const added = [
    ...(density === null ? [] : [pngChunk('pHYs', physical(density))]),
    ...(block ? [pngChunk('eXIf', block)] : []),
    ...(xmp === undefined ? [] : [pngTextChunk('XML:com.adobe.xmp', xmp)]),
    ...Object.entries(texts).map(([keyword, text]) => pngTextChunk(keyword, text)),
  ]
  const out: Uint8Array[] = [pngSignature]
  let placed = false
  for (const { type, whole } of pngChunks(file)) {
    if (replaced.has(type)) continue
    if (type === 'IDAT' && !placed) {
      out.push(...added)
      placed = true
    }
    out.push(whole)
  }
  return Buffer.concat(out)
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

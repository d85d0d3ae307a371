import { type Entry, resolution, writeDirectories } from '../metadata/exif-writer.ts'
import type { FileTags } from '../metadata/file-tags.ts'

const XMP = 0x02bc
/** XResolution, YResolution, ResolutionUnit and XMP: written here alone. */
const replaced = new Set([0x011a, 0x011b, 0x0128, XMP])

/**
 * Puts density, EXIF and XMP into a TIFF of one page as sharp writes it: its directory is written anew behind the file, with the fields of
 * EXIF among its own. sharp itself writes neither EXIF nor an unknown density: it would say 25.4.
 */
export function tagTiff(file: Uint8Array, { exif, xmp, density }: FileTags): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  // sharp writes as the machine does; all that Node runs on with sharp are little-endian.
  if (view.getUint32(0) !== 0x4949_2a00) return file
  const kept = entriesAt(view, view.getUint32(4, true)).filter(({ tag }) => !replaced.has(tag))
  const added = [
    // Unknown is absent: readers of TIFF know no other default.
    ...(density === null ? [] : resolution(density)),
    ...(xmp === undefined ? [] : [xmpEntry(Buffer.from(xmp, 'utf8'))]),
  ]
  const at = file.length + (file.length % 2)
  const head = Buffer.from(file.subarray(0, 8))
  head.writeUInt32LE(at, 4)
  return Buffer.concat([head, file.subarray(8), new Uint8Array(at - file.length), writeDirectories(exif, [...kept, ...added], at)])
}

const xmpEntry = (bytes: Uint8Array): Entry => ({ tag: XMP, type: 1, count: bytes.length, bytes })

function entriesAt(view: DataView, at: number): Entry[] {
  return Array.from({ length: view.getUint16(at, true) }, (_, index) => {
    const entry = at + 2 + index * 12
    const bytes = new Uint8Array(view.buffer, view.byteOffset + entry + 8, 4)
    return {
      tag: view.getUint16(entry, true),
      type: view.getUint16(entry + 2, true),
      count: view.getUint32(entry + 4, true),
      bytes,
      raw: true,
    }
  })
}

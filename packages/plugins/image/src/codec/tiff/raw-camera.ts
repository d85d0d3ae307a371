import { startsWith } from '../metadata/exif.ts'
import { type Directory, readFirst, type TiffFile } from './directory.ts'
import { sizeOf } from './image-layout.ts'
import { photometric, tag } from './tags.ts'

/** A rendered picture beside the sensor's data counts as the page when it has at least half of their pixels. */
const RENDERED_SHARE = 0.5
/** Compressions that only cameras write: Sony, packed, Samsung, Kodak, Nikon, Pentax. */
const CAMERA_COMPRESSIONS: readonly number[] = [32767, 32769, 32770, 32867, 34713, 65535]

/**
 * True when the full picture of a file is there as a camera's sensor gave it (DNG, NEF, CR2, ARW, PEF, ...): what else is in it is a
 * preview. `full` are the directories of the main chain that are not marked as reduced.
 */
export function isRawCamera(file: TiffFile, all: readonly Directory[], full: readonly Directory[]): boolean {
  // Canon's CR2 says so behind the header; its first directory is a preview in JPEG.
  if (startsWith(file.source.read(8, 10), 'CR')) return true
  const raw = all.filter((directory) => isSensorData(file, directory))
  if (raw.length === 0) return full.length === 0 && all.some((directory) => directory.fields.has(tag.dngVersion))
  const area = (directory: Directory): number => sizeOf(file, directory).width * sizeOf(file, directory).height
  const sensor = Math.max(...raw.map(area))
  return !full.some((directory) => !raw.includes(directory) && area(directory) >= sensor * RENDERED_SHARE)
}

function isSensorData(file: TiffFile, directory: Directory): boolean {
  const meaning = readFirst(file, directory, tag.photometric)
  if (meaning === photometric.cfa || meaning === photometric.linearRaw) return true
  if ([tag.cfaRepeat, tag.cfaPattern, tag.canonSlices].some((name) => directory.fields.has(name))) return true
  return CAMERA_COMPRESSIONS.includes(readFirst(file, directory, tag.compression) ?? 1)
}

import type { Properties } from '@imagedoc/core'
import type { Metadata, Sharp } from 'sharp'
import { type ExifFields, readExif } from './exif.ts'
import { iccName } from './icc.ts'

/** What is kept of a file beside its pixels: `exif` fields by block, `xmp` as it stands, the name of the `icc` profile it was converted from. */
export function readProperties(header: Metadata): Properties {
  const exif = header.exif ? readExif(header.exif) : {}
  const xmp = header.xmp ? new TextDecoder().decode(header.xmp) : undefined
  const icc = header.icc ? iccName(header.icc) : undefined
  return {
    ...(Object.keys(exif).length > 0 ? { exif } : {}),
    ...(xmp ? { xmp } : {}),
    ...(icc ? { icc } : {}),
  }
}

/** Writes the kept properties into the file that is about to be made. A file that came with a profile is tagged as the sRGB that it is now. */
export function writeProperties(file: Sharp, properties: Properties, grey: boolean): Sharp {
  let written = file
  if (properties.exif) written = written.withExif(properties.exif as ExifFields)
  if (typeof properties.xmp === 'string') written = written.withXmp(properties.xmp)
  // A profile for colour on a grey image would make it three channels.
  if (properties.icc && !grey) written = written.withIccProfile('srgb')
  return written
}

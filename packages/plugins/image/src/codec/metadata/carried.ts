import type { Properties } from '@imagedoc/core'
import { SEGMENT_BYTES } from '../jpeg/markers.ts'
import type { ExifFields } from './exif.ts'
import { writeExif } from './exif-writer.ts'
import { COMMENT_KEYWORD, type FileTags } from './file-tags.ts'
import { withoutLayout } from './xmp.ts'

/** The kept properties as a format holds them, and the names of those that it has no place for. */
export type Carried = Pick<FileTags, 'exif' | 'xmp' | 'texts'> & { dropped: readonly string[] }

/** Where the texts of PNG's own keywords (third edition, 11.3.3.1) go in a format without keywords. */
const exifHomes: Readonly<Record<string, readonly [directory: 'IFD0' | 'IFD2', field: string]>> = {
  Title: ['IFD0', 'DocumentName'],
  Author: ['IFD0', 'Artist'],
  Artist: ['IFD0', 'Artist'],
  Description: ['IFD0', 'ImageDescription'],
  Copyright: ['IFD0', 'Copyright'],
  Software: ['IFD0', 'Software'],
  'Creation Time': ['IFD2', 'DateTimeOriginal'],
  [COMMENT_KEYWORD]: ['IFD2', 'UserComment'],
}
const EXIF_MARKER = 6

/** What of the properties goes into a file of this type, and what does not. */
export function carry(properties: Properties, mediaType: string): Carried {
  const exif = structuredClone((properties.exif ?? {}) as ExifFields)
  const given = (properties.texts ?? {}) as Record<string, string>
  const xmp = typeof properties.xmp === 'string' ? withoutLayout(properties.xmp) : undefined
  const dropped = [...((properties.dropped ?? []) as string[])]
  const texts: Record<string, string> = {}
  for (const [keyword, text] of Object.entries(given)) {
    const stays = mediaType === 'image/png' || (mediaType === 'image/jpeg' && keyword === COMMENT_KEYWORD)
    if (stays) texts[keyword] = text
    else if (!moveIn(exif, keyword, text)) dropped.push(keyword)
  }
  if (mediaType === 'image/jpeg') dropped.push(...shorten(exif))
  return { exif, xmp, texts, dropped }
}

/** False when EXIF has no such field, or says something else in it. */
function moveIn(exif: ExifFields, keyword: string, text: string): boolean {
  const home = exifHomes[keyword]
  if (home === undefined) return false
  const [directory, field] = home
  const value = field === 'DateTimeOriginal' ? exifDate(text) : text
  if (value === undefined) return false
  const fields = exif[directory] ?? {}
  exif[directory] = { [field]: value, ...fields }
  return (fields[field] ?? value) === value
}

/** RFC 1123 and ISO 8601 as PNG's "Creation Time" has them: the time as it is written there, whatever its zone. */
function exifDate(text: string): string | undefined {
  if (/^\d{4}:\d\d:\d\d \d\d:\d\d:\d\d$/.test(text)) return text
  const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d:\d\d))?/.exec(text)
  if (iso) return `${iso[1]}:${iso[2]}:${iso[3]} ${iso[4] ?? '00:00:00'}`
  const mail = /^(?:\w{3}, )?(\d{1,2}) (\w{3}) (\d{4}) (\d\d:\d\d:\d\d)/.exec(text)
  const month = mail ? ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].indexOf(mail[2] ?? '') + 1 : 0
  const two = (value: number | string | undefined): string => String(value).padStart(2, '0')
  return mail && month > 0 ? `${mail[3]}:${two(month)}:${two(mail[1])} ${mail[4]}` : undefined
}

/** The EXIF of a JPEG is one segment: the longest fields go until it fits. */
function shorten(exif: ExifFields): string[] {
  const dropped: string[] = []
  while ((writeExif(exif, 1)?.length ?? 0) + EXIF_MARKER > SEGMENT_BYTES) {
    const [longest] = Object.entries(exif)
      .flatMap(([directory, fields]) => Object.entries(fields).map(([field, value]) => ({ directory, field, length: value.length })))
      .sort((one, other) => other.length - one.length)
    if (longest === undefined) break
    delete exif[longest.directory]?.[longest.field]
    dropped.push(longest.field)
  }
  return dropped
}

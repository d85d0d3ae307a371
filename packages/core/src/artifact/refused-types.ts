import { ascii, brand, either, type Signature, says, starts } from './signature.ts'

/** A type that is known and not taken, with what to do. */
export interface RefusedType extends Signature {
  /** As people call it, with its article. */
  readonly name: string
  /** What to do instead: a whole sentence. */
  readonly remedy: string
}

const AS_IMAGE = 'Convert it to PNG or TIFF first.'
const AS_PDF = 'Save it as PDF first.'
const UNPACKED = 'Unpack it, and give the files that are in it.'
const DEVELOPED = 'Develop it, and give the result as TIFF or PNG.'

/** An image, or pages that a reader of images could be expected to take. */
// biome-ignore lint/complexity/useMaxParams: a row of the table below is one line
function picture(mediaType: string, name: string, matches: Signature['matches'], remedy = AS_IMAGE): RefusedType {
  return { mediaType, kind: 'image', name, remedy, matches }
}

// biome-ignore lint/complexity/useMaxParams: a row of the table below is one line
function other(mediaType: string, name: string, matches: Signature['matches'], remedy: string): RefusedType {
  return { mediaType, kind: 'data', name, remedy, matches }
}

/** What a ZIP archive's first entry, or one near the beginning, is called or holds. */
const zipWith =
  (...words: string[]) =>
  (head: Uint8Array): boolean =>
    starts(0x50, 0x4b, 0x03, 0x04)(head) && words.some((word) => ascii(head, 30, 4096).includes(word))

const isSvg = (head: Uint8Array): boolean => {
  const text = ascii(starts(0xef, 0xbb, 0xbf)(head) ? head.subarray(3) : head, 0, 1024)
  return /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/i.test(text)
}

/** Reserved bytes 0, then the number of icons, then a reserved byte of the first. @see the ICONDIR structure */
const isIcon = (head: Uint8Array): boolean =>
  either(starts(0, 0, 1, 0), starts(0, 0, 2, 0))(head) && (head[4] ?? 0) > 0 && head[5] === 0 && head[9] === 0

/** The header says so little that all of it must agree. @see Truevision TGA, 2.0, fields 2 to 5 */
const isTga = (head: Uint8Array): boolean => {
  const [, map = 9, type = 0, , , , , , , , , , w0 = 0, w1 = 0, h0 = 0, h1 = 0, depth = 0, descriptor = 255] = head
  const depths = type === 1 || type === 9 ? [8] : type === 3 || type === 11 ? [8, 16] : type === 2 || type === 10 ? [15, 16, 24, 32] : []
  const mapped = map === 1 ? [16, 24, 32].includes(head[7] ?? 0) : map === 0 && head.subarray(3, 8).every((byte) => byte === 0)
  return mapped && depths.includes(depth) && w0 + w1 > 0 && h0 + h1 > 0 && descriptor < 64
}

/** Those that begin as a TIFF file does, and must be looked for before it. */
export const disguised: readonly RefusedType[] = [
  picture('image/x-canon-cr2', "a camera's raw image (CR2)", (head) => says(0, 'II*\0')(head) && says(8, 'CR')(head), DEVELOPED),
]

/** Those whose first bytes leave no doubt. */
export const refusedTypes: readonly RefusedType[] = [
  picture(
    'image/heic',
    'a HEIC or HEIF image',
    brand('heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1'),
    'Its decoders are under the LGPL and are not shipped. Convert it to PNG or TIFF first.',
  ),
  picture(
    'image/jxl',
    'a JPEG XL image',
    either(starts(0xff, 0x0a), starts(0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20, 0x0d, 0x0a, 0x87, 0x0a)),
  ),
  picture('image/jp2', 'a JPEG 2000 image', says(4, 'jP  ')),
  picture('image/j2c', 'a JPEG 2000 codestream', starts(0xff, 0x4f, 0xff, 0x51)),
  picture('image/gif', 'a GIF image', says(0, 'GIF87a', 'GIF89a')),
  picture('image/bmp', 'a BMP image', (head) => says(0, 'BM')(head) && head[6] === 0 && head[7] === 0),
  picture(
    'image/vnd.adobe.photoshop',
    'a Photoshop file (PSD)',
    either(starts(0x38, 0x42, 0x50, 0x53, 0, 1), starts(0x38, 0x42, 0x50, 0x53, 0, 2)),
  ),
  picture('image/x-xcf', 'a GIMP file (XCF)', says(0, 'gimp xcf ')),
  picture('image/vnd.djvu', 'a DjVu document', says(0, 'AT&TFORM'), 'Convert it to PDF or TIFF first, for example with ddjvu.'),
  picture('image/jxr', 'a JPEG XR image', starts(0x49, 0x49, 0xbc)),
  picture('image/x-jbig2', 'a JBIG2 image', starts(0x97, 0x4a, 0x42, 0x32, 0x0d, 0x0a, 0x1a, 0x0a)),
  picture('image/x-mng', 'a MNG or JNG image', either(says(0, '\x8aMNG\r\n'), says(0, '\x8bJNG\r\n'))),
  picture('image/x-exr', 'an OpenEXR image', starts(0x76, 0x2f, 0x31, 0x01)),
  picture('image/qoi', 'a QOI image', says(0, 'qoif')),
  picture('image/bpg', 'a BPG image', starts(0x42, 0x50, 0x47, 0xfb)),
  picture('image/flif', 'a FLIF image', says(0, 'FLIF')),
  picture('image/x-canon-cr3', "a camera's raw image (CR3)", brand('crx '), DEVELOPED),
  picture('image/x-canon-crw', "a camera's raw image (CRW)", says(6, 'HEAPCCDR'), DEVELOPED),
  picture('image/x-fuji-raf', "a camera's raw image (RAF)", says(0, 'FUJIFILMCCD-RAW'), DEVELOPED),
  picture('image/x-olympus-orf', "a camera's raw image (ORF)", says(0, 'IIRO', 'IIRS', 'MMOR'), DEVELOPED),
  picture('image/x-panasonic-rw2', "a camera's raw image (RW2)", says(0, 'IIU\0'), DEVELOPED),
  picture('image/x-sigma-x3f', "a camera's raw image (X3F)", says(0, 'FOVb'), DEVELOPED),
  picture('image/x-minolta-mrw', "a camera's raw image (MRW)", says(0, '\0MRM'), DEVELOPED),
]

/** Those that may also be what a PDF begins with (PDF allows anything before its header), or whose first bytes say little. */
export const refusedLast: readonly RefusedType[] = [
  picture('image/svg+xml', 'an SVG drawing', isSvg, 'Save it as PDF or PNG first.'),
  picture(
    'application/postscript',
    'a PostScript or EPS file',
    either(says(0, '%!PS'), starts(0xc5, 0xd0, 0xd3, 0xc6)),
    'Convert it to PDF first.',
  ),
  picture('image/wmf', 'a Windows metafile', either(starts(0xd7, 0xcd, 0xc6, 0x9a), says(40, ' EMF')), 'Save it as PDF or PNG first.'),
  picture('image/vnd.microsoft.icon', 'an icon or cursor (ICO)', isIcon),
  picture('image/x-portable-anymap', 'a PBM, PGM or PPM image', (head) => /^P[1-6]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s/.test(ascii(head, 0, 256))),
  picture(
    'image/x-pcx',
    'a PCX image',
    (head) => head[0] === 0x0a && [0, 2, 3, 4, 5].includes(head[1] ?? 9) && head[2] === 1 && [1, 2, 4, 8].includes(head[3] ?? 0),
  ),
  picture('image/x-tga', 'a TGA image', isTga),
  picture('application/dicom', 'a DICOM file', says(128, 'DICM')),
  other('application/rtf', 'an RTF document', says(0, '{\\rtf'), AS_PDF),
  other(
    'application/msword',
    'an Office document of the old kind (DOC, XLS or PPT)',
    starts(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1),
    AS_PDF,
  ),
  other(
    'application/vnd.openxmlformats-officedocument',
    'an Office document (DOCX, XLSX or PPTX)',
    zipWith('[Content_Types].xml', 'word/', 'xl/', 'ppt/'),
    AS_PDF,
  ),
  other('application/vnd.oasis.opendocument', 'an OpenDocument file (ODT, ODS or ODP)', zipWith('mimetypeapplication/vnd.oasis'), AS_PDF),
  other('application/epub+zip', 'an EPUB book', zipWith('mimetypeapplication/epub+zip'), AS_PDF),
  other('application/zip', 'a ZIP archive', starts(0x50, 0x4b, 0x03, 0x04), UNPACKED),
  other('application/x-7z-compressed', 'a 7z archive', says(0, "7z\xbc\xaf'\x1c"), UNPACKED),
  other('application/vnd.rar', 'a RAR archive', says(0, 'Rar!\x1a\x07'), UNPACKED),
  other('application/gzip', 'a gzip file', starts(0x1f, 0x8b, 0x08), UNPACKED),
  other('application/x-tar', 'a tar archive', says(257, 'ustar'), UNPACKED),
  other(
    'video/mp4',
    'a video (MP4 or QuickTime)',
    brand('isom', 'mp41', 'mp42', 'qt  ', 'M4V ', 'avc1'),
    'Give pictures of it as PNG or TIFF.',
  ),
]

const byType = new Map([...disguised, ...refusedTypes, ...refusedLast].map((type) => [type.mediaType, type]))

/**
 * A file's type in words, behind "is": `a HEIC or HEIF image (image/heic), which is not read`. With what to do, where that is known of the type: every
 * refusal says the same.
 */
export function typeInWords(mediaType: string | undefined): { what: string; remedy: string | undefined } {
  if (mediaType === undefined) return { what: 'of no type that is known', remedy: undefined }
  const known = byType.get(mediaType)
  return { what: known ? `${known.name} (${mediaType}), which is not read` : `${mediaType}, which is not read`, remedy: known?.remedy }
}

/** Media types by content, never by name: the first bytes decide. */
interface Signature {
  readonly mediaType: string
  readonly kind: string
  matches(head: Uint8Array): boolean
}

/** Bytes of a file's beginning that {@link sniff} wants: PDF allows 1024 bytes before its header (PDF 32000-1, annex H.3.4.1). */
export const SNIFF_BYTES = 4096

const latin1 = new TextDecoder('latin1')
const ascii = (head: Uint8Array, from: number, to: number): string => latin1.decode(head.subarray(from, to))
const withoutMark = (head: Uint8Array): Uint8Array => (starts(0xef, 0xbb, 0xbf)(head) ? head.subarray(3) : head)
const starts =
  (...bytes: number[]) =>
  (head: Uint8Array) =>
    bytes.every((byte, index) => head[index] === byte)
/** ISO base media brand, major or compatible. */
const brand =
  (...brands: string[]) =>
  (head: Uint8Array) => {
    if (ascii(head, 4, 8) !== 'ftyp') return false
    const size = ((head[0] ?? 0) << 24) | ((head[1] ?? 0) << 16) | ((head[2] ?? 0) << 8) | (head[3] ?? 0)
    const listed = ascii(head, 8, Math.min(Math.max(size, 12), 64))
    return brands.some((name) => listed.includes(name))
  }

const signatures: readonly Signature[] = [
  { mediaType: 'image/jpeg', kind: 'image', matches: starts(0xff, 0xd8, 0xff) },
  { mediaType: 'image/png', kind: 'image', matches: starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) },
  { mediaType: 'image/webp', kind: 'image', matches: (head) => ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP' },
  {
    mediaType: 'image/tiff',
    kind: 'image',
    matches: (head) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(ascii(head, 0, 4)),
  },
  { mediaType: 'image/avif', kind: 'image', matches: brand('avif', 'avis') },
  { mediaType: 'image/heic', kind: 'image', matches: brand('heic', 'heix', 'mif1') },
  { mediaType: 'image/gif', kind: 'image', matches: (head) => /^GIF8[79]a/.test(ascii(head, 0, 6)) },
  { mediaType: 'image/jp2', kind: 'image', matches: (head) => ascii(head, 4, 8) === 'jP  ' },
  { mediaType: 'image/bmp', kind: 'image', matches: (head) => ascii(head, 0, 2) === 'BM' && head[6] === 0 && head[7] === 0 },
  { mediaType: 'application/pdf', kind: 'pdf', matches: (head) => ascii(head, 0, 1024).includes('%PDF-') },
  {
    mediaType: 'image/svg+xml',
    kind: 'image',
    matches: (head) =>
      /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/i.test(ascii(withoutMark(head), 0, 1024)),
  },
  { mediaType: 'application/zip', kind: 'data', matches: starts(0x50, 0x4b, 0x03, 0x04) },
]

/** What the first {@link SNIFF_BYTES} bytes of a file say it is; `undefined` when nothing known. Text is UTF-8 without control characters. */
export function sniff(head: Uint8Array): { mediaType: string; kind: string } | undefined {
  const found = signatures.find((signature) => signature.matches(head))
  if (found) return { mediaType: found.mediaType, kind: found.kind }
  return looksLikeText(head) ? textOrJson(head) : undefined
}

function textOrJson(head: Uint8Array): { mediaType: string; kind: string } {
  const start = new TextDecoder().decode(head).trimStart()
  if (!looksLikeJson(start, head.length < SNIFF_BYTES)) return { mediaType: 'text/plain; charset=utf-8', kind: 'text' }
  const isLayout = start.startsWith('{') && start.includes('"schemaVersion"') && start.includes('"blocks"')
  return isLayout ? { mediaType: 'application/vnd.imagedoc.layout+json', kind: 'layout' } : { mediaType: 'application/json', kind: 'data' }
}

/** A whole file is JSON or it is not; of a longer one the beginning decides: a letter may begin with a bracket, too. */
function looksLikeJson(start: string, whole: boolean): boolean {
  if (!/^[[{]/.test(start)) return false
  if (!whole) return /^(\{\s*["}]|\[\s*([[{"\]]|(-?\d[\d.eE+-]*|true|false|null)\s*[,\]]))/.test(start)
  try {
    JSON.parse(start)
    return true
  } catch {
    return false
  }
}

function looksLikeText(head: Uint8Array): boolean {
  if (head.length === 0) return false
  // A multi-byte character may be cut at the end of the head: `stream` does not mind.
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters that no text file has
    return !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true }))
  } catch {
    return false
  }
}

const extensions: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  avif: 'image/avif',
  pdf: 'application/pdf',
  txt: 'text/plain; charset=utf-8',
  json: 'application/json',
}

/** The media type that an output's file name asks for; `undefined` for an extension that names none. */
export function mediaTypeOfName(name: string): string | undefined {
  return extensions[/\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '']
}

/** The usual extension of a media type, without the dot. */
export function extensionOf(mediaType: string): string | undefined {
  return Object.entries(extensions).find(([, type]) => type === mediaType)?.[0]
}

import { disguised, refusedLast, refusedTypes } from './refused-types.ts'
import { ascii, brand, type Signature, says, starts } from './signature.ts'

/** Bytes of a file's beginning that {@link sniff} wants: PDF allows 1024 bytes before its header (PDF 32000-1, annex H.3.4.1). */
export const SNIFF_BYTES = 4096

/** Media types by content, never by name: the first bytes decide. In this order: a PDF may stand behind what looks like another type's text. */
const signatures: readonly Signature[] = [
  ...disguised,
  { mediaType: 'image/jpeg', kind: 'image', matches: starts(0xff, 0xd8, 0xff) },
  { mediaType: 'image/png', kind: 'image', matches: starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) },
  { mediaType: 'image/webp', kind: 'image', matches: (head) => says(0, 'RIFF')(head) && says(8, 'WEBP')(head) },
  { mediaType: 'image/tiff', kind: 'image', matches: says(0, 'II*\0', 'MM\0*', 'II+\0', 'MM\0+') },
  { mediaType: 'image/avif', kind: 'image', matches: brand('avif', 'avis') },
  ...refusedTypes,
  { mediaType: 'application/pdf', kind: 'pdf', matches: (head) => ascii(head, 0, 1024).includes('%PDF-') },
  ...refusedLast,
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

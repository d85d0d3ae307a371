import { safeFileName } from './file-name.ts'

/** What a browser shows without running anything of it. */
const shown: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'])

/**
 * `Content-Disposition`: safe images are shown, everything else is saved under its name.
 * @see RFC 6266; RFC 8187 for `filename*`, which every browser prefers where it is there
 */
export function contentDisposition(name: string, mediaType: string): string {
  return `${shown.has(mediaType) ? 'inline' : 'attachment'}; ${named(name)}`
}

/** For bytes that are saved whatever they are. */
export function attachment(name: string): string {
  return `attachment; ${named(name)}`
}

function named(name: string): string {
  const safe = safeFileName(name)
  const plain = safe.replace(/[^ -~]|["\\%]/gu, '_')
  return `filename="${plain}"; filename*=UTF-8''${extendedValue(safe)}`
}

/** `encodeURIComponent` leaves these four, which RFC 8187 does not have among its plain characters. */
function extendedValue(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

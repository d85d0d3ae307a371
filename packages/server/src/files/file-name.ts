import { isVisible } from '../records/visible-text.ts'

const MAX_CHARACTERS = 200
// Of the format characters only the two joiners belong into words (Persian, the scripts of India, emoji); the others turn or hide text.
const unwanted = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu

/** A name for a file, never a path: of what somebody sent as one, its last part without control characters, at most 200 characters. */
export function safeFileName(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const clean = last.normalize('NFC').replace(unwanted, '').replace(/\s+/gu, ' ').trim()
  return /^\.*$/.test(clean) || !isVisible(clean) ? 'document' : shortened(clean)
}

/** Keeps the extension. */
function shortened(name: string): string {
  const characters = [...name]
  if (characters.length <= MAX_CHARACTERS) return name
  const extension = [...(/\.[\p{L}\p{N}]{1,16}$/u.exec(name)?.[0] ?? '')]
  return [...characters.slice(0, MAX_CHARACTERS - extension.length), ...extension].join('')
}

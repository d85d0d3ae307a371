import { extensionOf, mediaTypeOfName } from '@imagedoc/core'

/** Of 255 that file systems take; the rest is for an id before it and an extension behind it. */
const MOST_BYTES = 200

/**
 * A name for a document's file. Titles come from anybody who may write to the collection: none leads out of the folder, hides the file or is
 * one that some system refuses.
 */
export function documentFileName(title: string, mediaType: string): string {
  const name = folderName(title)
  if (mediaTypeOfName(name) === mediaType) return name
  const extension = extensionOf(mediaType)
  return extension === undefined ? name : `${name}.${extension}`
}

/** As above, without an extension. */
export function folderName(title: string): string {
  const plain = title.replaceAll(/[\\/:*?"<>|\p{C}]/gu, '_').replaceAll(/^[.\s]+|[.\s]+$/g, '')
  const name = shortened(plain)
  if (name === '') return 'document'
  // Devices on Windows, whatever extension they have.
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name) ? `_${name}` : name
}

/** Cut between characters, with its extension kept. */
function shortened(name: string): string {
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(name)?.[0] ?? ''
  let stem = name.slice(0, name.length - extension.length)
  while (Buffer.byteLength(stem) > MOST_BYTES) stem = [...stem].slice(0, -1).join('')
  return stem + extension
}

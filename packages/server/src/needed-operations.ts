import { type AnyOperation, type ImageDoc, ImageDocError } from '@imagedoc/core'

/** What the server itself runs: the check of an upload, and a page as an image. */
const NEEDED = ['document.inspect', 'document.pages', 'image.resize', 'image.crop', 'image.encode']

/** @throws INVALID_CONFIG when no plugin brings them: else the first upload would say so */
export function assertOperations(imagedoc: Pick<ImageDoc<AnyOperation>, 'operations'>): void {
  const there = imagedoc.operations().map(({ name }) => name)
  const missing = NEEDED.filter((name) => !there.includes(name))
  if (missing.length === 0) return
  throw new ImageDocError(
    'INVALID_CONFIG',
    `A server checks and shows documents with ${NEEDED.join(', ')}; missing: ${missing.join(', ')}. Add @imagedoc/plugin-image and @imagedoc/plugin-pdf to the plugins of the configuration.`,
  )
}

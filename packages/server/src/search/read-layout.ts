import { type BlobStore, type Digest, isImageDocError, type Layout, linesOf, lineText, parseLayout } from '@imagedoc/core'

/** The layout, of whatever version it was stored in; undefined where the blob is gone or holds none. @throws STORE_UNAVAILABLE */
export async function readLayout(blobs: BlobStore, digest: Digest): Promise<Layout | undefined> {
  try {
    return parseLayout(await readJson(blobs, digest))
  } catch (error) {
    if (isImageDocError(error) && error.code === 'CORRUPT_INPUT') return undefined
    throw error
  }
}

/** Whether anything was read on a page: a letter or a digit, as search needs one. */
export function hasWords({ blocks }: Layout): boolean {
  return blocks.some((block) => linesOf(block).some((line) => /[\p{L}\p{N}]/u.test(lineText(line))))
}

/** A layout that was read with `readLayout` when it was indexed, hence not checked again where it is of the current version: it has the same digest. */
export async function rereadLayout(blobs: BlobStore, digest: Digest): Promise<Layout | undefined> {
  const stored = (await readJson(blobs, digest)) as { schemaVersion: unknown } | undefined
  return stored === undefined || stored.schemaVersion === 2 ? (stored as Layout | undefined) : parseLayout(stored)
}

async function readJson(blobs: BlobStore, digest: Digest): Promise<unknown> {
  try {
    return JSON.parse(await new Response(await blobs.open(digest)).text())
  } catch (error) {
    const isGone = isImageDocError(error) && error.code === 'NOT_FOUND'
    if (isGone || error instanceof SyntaxError) return undefined
    throw error
  }
}

import { type BlobStore, type Digest, isImageDocError, type Layout, layoutSchema } from '@imagedoc/core'

/** The layout, or undefined where the blob is gone or holds none. @throws STORE_UNAVAILABLE */
export async function readLayout(blobs: BlobStore, digest: Digest): Promise<Layout | undefined> {
  return layoutSchema.safeParse(await readJson(blobs, digest)).data
}

/** Of bytes that an operation gave, which core has checked already. */
export function parseLayout(bytes: Uint8Array): Layout {
  return JSON.parse(new TextDecoder().decode(bytes)) as Layout
}

/** Whether anything was read on a page: a letter or a digit, as search needs one. */
export function hasWords({ blocks }: Layout): boolean {
  return blocks.some(({ lines }) => lines.some(({ words }) => words.some(({ text }) => /[\p{L}\p{N}]/u.test(text))))
}

/** A layout that was read with `readLayout` when it was indexed, hence not checked again: it has the same digest. */
export async function rereadLayout(blobs: BlobStore, digest: Digest): Promise<Layout | undefined> {
  return (await readJson(blobs, digest)) as Layout | undefined
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

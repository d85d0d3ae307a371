import { type BlobStore, type Digest, isImageDocError, type Layout, layoutSchema } from '@imagedoc/core'

/** The layout, or undefined where the blob is gone or holds none. @throws STORE_UNAVAILABLE */
export async function readLayout(blobs: BlobStore, digest: Digest): Promise<Layout | undefined> {
  return layoutSchema.safeParse(await readJson(blobs, digest)).data
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

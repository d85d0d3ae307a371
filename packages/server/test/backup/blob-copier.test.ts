import { type BlobStore, createFileBlobStore, digestOf, ImageDocError } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { createBlobCopier } from '../../src/backup/blob-copier.ts'
import { allOf } from '../../src/backup/slots.ts'
import { freshFolder } from './stores.ts'

const mediaType = 'text/plain'

/** A store of a hundred small blobs, and one that does not take any. */
async function stores(stack: AsyncDisposableStack) {
  const from = createFileBlobStore({ path: await freshFolder(stack) })
  const blobs = await Promise.all(
    Array.from({ length: 100 }, (_, index) => from.put('objects', new TextEncoder().encode(`page ${index}`), { mediaType })),
  )
  let tried = 0
  const full: Pick<BlobStore, 'put'> = {
    async put() {
      tried++
      throw new ImageDocError('STORE_FAILED', 'A blob could not be stored: the system says ENOSPC.')
    },
  }
  return { from, full: full as BlobStore, blobs, tried: () => tried }
}

describe('copying blobs', () => {
  it('to a full disk ends with its error, and what waits is not tried any more', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, full, blobs, tried } = await stores(stack)
    const { signal } = new AbortController()
    const copier = createBlobCopier({ from, to: full, isThere: async () => false, signal })
    await expect(allOf(blobs.map(copier.copy))).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('ENOSPC') })
    // Those that were begun before the first had failed.
    expect(tried()).toBeLessThanOrEqual(6)
  })

  it('copies one that many name at the same time once', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, blobs } = await stores(stack)
    const to = createFileBlobStore({ path: await freshFolder(stack) })
    const copier = createBlobCopier({ from, to, isThere: async () => false, signal: new AbortController().signal })
    await allOf(Array.from({ length: 50 }, () => copier.copy(blobs[0]!)))
    expect(copier.count()).toEqual({ copied: 1, there: 0, bytes: blobs[0]!.size })
  })

  it('says of one that is not there that it is missing, and goes on', async () => {
    await using stack = new AsyncDisposableStack()
    const { from, blobs } = await stores(stack)
    const to = createFileBlobStore({ path: await freshFolder(stack) })
    const copier = createBlobCopier({ from, to, isThere: async () => false, signal: new AbortController().signal })
    expect(await copier.copy({ digest: digestOf(new Uint8Array()), mediaType })).toBe('missing')
    expect(await copier.copy(blobs[0]!)).toBe('there')
  })
})

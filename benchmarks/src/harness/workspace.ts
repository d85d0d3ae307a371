import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BlobStore, createFileBlobStore, createFileResultCache, type ResultCache } from '@imagedoc/core'

/** A folder that is gone afterwards. */
export interface Folder extends AsyncDisposable {
  readonly path: string
}

export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'imagedoc-benchmark-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** The file drivers as the command sets them up. */
export function fileDrivers(path: string): { cache: ResultCache; blobs: BlobStore } {
  const blobs = createFileBlobStore({ path })
  return { cache: createFileResultCache({ path, blobs }), blobs }
}

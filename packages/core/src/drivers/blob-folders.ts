import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../artifact/digest.ts'
import type { BlobNamespace } from '../ports/blob-store.ts'
import { namesIn } from './staging.ts'

/** Where one form of one blob is, or would be. */
export interface BlobPlace {
  namespace: BlobNamespace
  /** Compressed by zstd. */
  packed: boolean
  path: string
}

/** A blob that is there. */
export interface BlobEntry extends BlobPlace {
  digest: Digest
  /** On the disk. */
  bytes: number
  refreshedAt: Date
}

const PACKED = '.zst'

/** `<path>/<namespace>/ab/abcdef…`: 256 folders keep each one short. `digest` must be one: it becomes a path. */
export function placeOf(path: string, namespace: BlobNamespace, blob: { digest: Digest; packed: boolean }): BlobPlace {
  const hex = blob.digest.slice('sha256:'.length)
  return { namespace, packed: blob.packed, path: join(path, namespace, hex.slice(0, 2), blob.packed ? hex + PACKED : hex) }
}

/** Both forms in a namespace, or in both: the same bytes may have been put as pixels and as something else. */
export function placesOf(path: string, digest: Digest, namespaces: readonly BlobNamespace[] = ['cache', 'objects']): BlobPlace[] {
  return namespaces.flatMap((namespace) => [true, false].map((packed) => placeOf(path, namespace, { digest, packed })))
}

/** Every blob of a namespace in order of digest; a digest stored in both forms comes twice, one after the other. */
export async function* blobEntries(path: string, namespace: BlobNamespace, after = ''): AsyncGenerator<BlobEntry, void, undefined> {
  const root = join(path, namespace)
  for (const shard of (await namesIn(root)).filter((name) => name >= after.slice('sha256:'.length, 'sha256:'.length + 2))) {
    for (const name of await namesIn(join(root, shard))) {
      const packed = name.endsWith(PACKED)
      const digest = `sha256:${packed ? name.slice(0, -PACKED.length) : name}`
      if (!isDigest(digest) || digest <= after) continue
      const file = join(root, shard, name)
      const info = await stat(file).catch(() => undefined)
      if (info?.isFile()) yield { namespace, packed, path: file, digest, bytes: info.size, refreshedAt: info.mtime }
    }
  }
}

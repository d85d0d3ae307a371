import type { BlobNamespace, Digest } from '@imagedoc/core'

/** Digests that are remembered: some 2 MB. */
const MOST = 10_000

/** Where blobs were last seen: a guess that saves asking in the wrong place first, and never more than that. */
export interface Whereabouts {
  seen(digest: Digest, namespace: BlobNamespace): void
  /** Every namespace, the likeliest first. */
  guess(digest: Digest): readonly BlobNamespace[]
}

const orders = { cache: ['cache', 'objects'], objects: ['objects', 'cache'] } as const

export function createWhereabouts(): Whereabouts {
  const last = new Map<Digest, BlobNamespace>()
  return {
    seen(digest, namespace) {
      // The oldest is the first in a Map.
      last.delete(digest)
      last.set(digest, namespace)
      const [oldest] = last.keys()
      if (last.size > MOST && oldest) last.delete(oldest)
    },
    guess: (digest) => orders[last.get(digest) ?? 'cache'],
  }
}

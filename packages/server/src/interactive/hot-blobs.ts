import type { BlobStore, Digest } from '@imagedoc/core'

export interface HotBlobsOptions {
  /** Of all blobs in memory. @default 32 MiB */
  readonly maxBytes?: number
  /** @default 60 seconds */
  readonly ttlMs?: number
}

/** Of one blob: reduced pages, and no whole ones. A page of 1 MP in colour has 3 MB. */
const LARGEST = 12 * 2 ** 20

/** Blobs of which it is remembered that they are there. */
const KNOWN = 1000

type Stat = NonNullable<Awaited<ReturnType<BlobStore['stat']>>>

interface Hot {
  readonly bytes: Uint8Array
  readonly stat: Stat
  readonly timer: NodeJS.Timeout
}

/**
 * The blobs of a store; small ones that are read as a whole stay in memory for a minute, because somebody works on that page: it need not be found,
 * read, unpacked and checked for every step of a slider. That a blob is there is believed as long, too: who finds it gone then makes it again, and a
 * store behind a network is not asked at every hit. The store is disposed by whoever made it.
 */
export function createHotBlobs(store: BlobStore, { maxBytes = 32 * 2 ** 20, ttlMs = 60_000 }: HotBlobsOptions = {}): BlobStore {
  /** In order of use, the last one used last. */
  const hot = new Map<Digest, Hot>()
  let held = 0
  const drop = (digest: Digest): void => {
    const entry = hot.get(digest)
    if (!entry) return
    clearTimeout(entry.timer)
    held -= entry.bytes.length
    hot.delete(digest)
  }
  const hold = (digest: Digest, entry: Omit<Hot, 'timer'>): void => {
    drop(digest)
    hot.set(digest, { ...entry, timer: setTimeout(() => drop(digest), ttlMs).unref() })
    held += entry.bytes.length
    for (const oldest of hot.keys()) {
      if (held <= maxBytes) break
      drop(oldest)
    }
  }
  const known = new Map<Digest, { stat: Stat; until: number }>()
  const statOf = async (digest: Digest): ReturnType<BlobStore['stat']> => {
    const there = known.get(digest)
    if (there && performance.now() < there.until) return there.stat
    known.delete(digest)
    const stat = await store.stat(digest)
    if (stat) known.set(digest, { stat, until: performance.now() + ttlMs })
    for (const oldest of known.keys()) {
      if (known.size <= KNOWN) break
      known.delete(oldest)
    }
    return stat
  }
  const use = (digest: Digest): Hot | undefined => {
    const entry = hot.get(digest)
    if (!entry) return undefined
    hot.delete(digest)
    hot.set(digest, entry)
    return entry
  }
  return {
    ...store,
    async put(...rest) {
      const descriptor = await store.put(...rest)
      known.delete(descriptor.digest)
      return descriptor
    },
    async promote(digest) {
      await store.promote(digest)
      known.delete(digest)
    },
    async open(digest, options = {}) {
      const { start, end, pieces, signal } = options
      if (start !== undefined || end !== undefined || pieces) return store.open(digest, options)
      const entry = use(digest)
      if (entry) return streamOf(entry.bytes)
      const stat = await store.stat(digest)
      if (!stat || stat.size > LARGEST) return store.open(digest, options)
      const bytes = await readWhole(await store.open(digest, signal ? { signal } : {}), stat.size)
      hold(digest, { bytes, stat })
      return streamOf(bytes)
    },
    stat: async (digest) => hot.get(digest)?.stat ?? statOf(digest),
    async delete(namespace, digest) {
      drop(digest)
      known.delete(digest)
      await store.delete(namespace, digest)
    },
    async [Symbol.asyncDispose]() {
      for (const digest of hot.keys()) drop(digest)
    },
  }
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}

async function readWhole(stream: ReadableStream<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size)
  let at = 0
  for await (const chunk of stream) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

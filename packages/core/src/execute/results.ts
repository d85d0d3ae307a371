import type { OriginalSize, Properties } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import { type Descriptor, type Digest, digestOf } from '../artifact/digest.ts'
import { identity, type Matrix } from '../artifact/matrix.ts'
import { isImageDocError, throwIfAborted } from '../errors/error.ts'
import { scopedKey } from '../key/result-key.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import {
  INLINE_BYTES,
  isResultRecord,
  type KeptDiagnostic,
  type Lease,
  type ResultCache,
  type ResultRecord,
  type StoredAlias,
  type StoredArtifact,
  type StoredItems,
} from '../ports/result-cache.ts'
import type { SegmentValue } from '../ports/step-runner.ts'

/** A result that is there, seen from the key that it was asked for by. */
export interface KnownResult {
  readonly output: StoredArtifact | StoredItems
  /** From the result to what the asked key starts from. */
  readonly matrix: Matrix | null
  readonly properties: Properties
  readonly size: OriginalSize | undefined
  /** Of everything that the asked key names. */
  readonly diagnostics: readonly KeptDiagnostic[]
  /** Of the page that it was first made for. */
  readonly sources: readonly Digest[]
  /** What it took to make it. */
  readonly ms: number | undefined
}

/** Bytes that were put somewhere. */
export interface StoredBytes {
  readonly descriptor: Descriptor | undefined
  readonly inline: Uint8Array | undefined
  readonly read: ((signal?: AbortSignal) => Promise<Uint8Array>) | undefined
  /** Settles (never rejects) when the bytes can be read back. */
  readonly done: Promise<boolean>
}

/** The result cache and the blob stores as a run uses them: every failure of the cache is a miss and one diagnostic. */
export interface Results {
  readonly caching: boolean
  find(key: string): Promise<KnownResult | undefined>
  write(key: string, record: ResultRecord, options?: { ttlMs?: number }): Promise<void>
  /** Undefined when the cache cannot give one: then the caller computes without. */
  lease(key: string, signal: AbortSignal): Promise<Lease | KnownResult | undefined>
  /** Whether these bytes are stored, and not so long ago that they may be dropped soon. */
  has(descriptor: Descriptor): Promise<boolean>
  /** `cache`: under its digest in the blob store; `scratch`: for the life of this ImageDoc; `memory`: nowhere. */
  store(value: Pick<SegmentValue, 'bytes' | 'mediaType' | 'digest'>, place: 'cache' | 'scratch' | 'memory'): Promise<StoredBytes>
  /** Bytes that are stored already. */
  stored(artifact: Pick<StoredArtifact, 'descriptor' | 'inline'>): StoredBytes & { readonly read: NonNullable<StoredBytes['read']> }
  /** Stores an input's bytes under its digest in the blob store, piece by piece; false when they cannot be stored. */
  copy(descriptor: Descriptor, bytes: ReadableStream<Uint8Array>): Promise<boolean>
  /** Reads stored bytes piece by piece. */
  stream(descriptor: Descriptor, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
  /** Waits for everything that is still being written. */
  settle(): Promise<void>
}

/** A blob is swept when nothing refers to it and it was not put for a day: an older one is put again, which makes it young. */
const YOUNG_MS = 12 * 3600 * 1000

export interface ResultsOptions {
  cache: ResultCache
  blobs: BlobStore
  /** Made when first needed. */
  scratch: () => Promise<BlobStore>
  caching: boolean
  /** Results are found only by runs of the same scope. */
  scope: string | undefined
  onDiagnostic(diagnostic: Diagnostic): void
}

export function createResults({ cache, blobs, scratch, caching, scope, onDiagnostic }: ResultsOptions): Results {
  const background = new Set<Promise<unknown>>()
  const trouble = createTrouble(onDiagnostic)
  const placeOf = (key: string): string => (scope === undefined ? key : scopedKey(scope, key))
  const get = (key: string): Promise<ResultRecord | undefined> => cache.get(placeOf(key)).catch((error) => trouble(error, 'read'))
  const found = async (first: ResultRecord): Promise<KnownResult | undefined> => {
    const record = 'alias' in first.output ? await get(first.output.alias) : first
    return record && !('alias' in record.output) && (await isReadable(blobs, record.output)) ? foundIn(record, first) : undefined
  }
  const track = <T>(promise: Promise<T>): Promise<T> => {
    background.add(promise)
    promise.finally(() => background.delete(promise)).catch(() => undefined)
    return promise
  }

  const put = (store: BlobStore, bytes: Uint8Array | ReadableStream<Uint8Array>, { mediaType, digest }: Descriptor): Promise<boolean> => {
    const written = store.put('cache', bytes, { mediaType, expect: digest })
    const failed = (error: unknown): boolean => trouble(error, 'written') ?? false
    return track(written.then(() => true, failed))
  }

  return {
    caching,
    async find(key) {
      const first = caching ? await get(key) : undefined
      return first && found(first)
    },
    async write(key, record, options = {}) {
      if (!caching) return
      await track(cache.put(placeOf(key), record, options).catch((error) => trouble(error, 'written')))
    },
    async lease(key, signal) {
      if (!caching) return undefined
      try {
        const given = await cache.lease(placeOf(key), { signal })
        return isResultRecord(given) ? await found(given) : given
      } catch (error) {
        throwIfAborted(signal)
        return trouble(error, 'locked')
      }
    },
    async has({ digest, size }) {
      // Bytes have no scope: that they are stored would tell of others' results.
      const found = caching && scope === undefined ? await blobs.stat(digest).catch(() => undefined) : undefined
      return found?.size === size && Date.now() - found.refreshedAt.getTime() < YOUNG_MS
    },
    async store(value, place) {
      const { bytes, mediaType } = value
      if (bytes.length <= INLINE_BYTES) {
        const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length }
        return { descriptor, inline: bytes, read: readerOf(bytes), done: Promise.resolve(true) }
      }
      if (place === 'memory') return { descriptor: undefined, inline: undefined, read: undefined, done: Promise.resolve(false) }
      const descriptor = { mediaType, digest: value.digest ?? (await digestInBackground(bytes)), size: bytes.length }
      const store = place === 'cache' ? blobs : await scratch()
      const done = put(store, bytes, descriptor)
      return { descriptor, inline: undefined, done, read: (signal) => readAll(store, descriptor, signal) }
    },
    stored: ({ descriptor, inline }) => ({
      descriptor,
      inline,
      read: inline ? readerOf(inline) : (signal) => readAll(blobs, descriptor, signal),
      done: Promise.resolve(true),
    }),
    copy: (descriptor, bytes) => put(blobs, bytes, descriptor),
    stream: ({ digest }, signal) => blobs.open(digest, { signal }),
    async settle() {
      while (background.size > 0) await Promise.allSettled(background)
    },
  }
}

/** Tells of a cache that fails. One cause shows in every way the cache is used: it is told once. */
function createTrouble(onDiagnostic: ResultsOptions['onDiagnostic']): (error: unknown, what: string) => undefined {
  let reported = false
  return (error, what) => {
    const message = `The result cache could not be ${what}: ${error instanceof Error ? error.message : String(error)}`
    if (!reported) onDiagnostic({ code: 'CACHE_UNAVAILABLE', severity: 'warning', message })
    reported = true
    return undefined
  }
}

/** What a record gives to who asked for it by its key, or by that of an alias. */
function foundIn(record: ResultRecord, asked: ResultRecord): KnownResult {
  const output = record.output as KnownResult['output']
  const from = 'alias' in asked.output ? asked.output : output
  const { matrix, properties = {}, size }: Omit<StoredAlias, 'alias'> = 'items' in from ? { matrix: identity } : from
  const diagnostics = record === asked ? record.diagnostics : [...record.diagnostics, ...asked.diagnostics]
  return { output, matrix, properties, size, diagnostics, sources: record.sources, ms: record.ms }
}

/** True when what was asked for is there, and not the right to make it. */
export function isKnown(given: Lease | KnownResult): given is KnownResult {
  return 'output' in given
}

/** A function of its own: a closure beside others would keep the bytes alive for as long as any of them lives. */
function readerOf(bytes: Uint8Array): () => Promise<Uint8Array> {
  return async () => bytes
}

/** A record by reference is a hit only while its bytes are there. */
async function isReadable(blobs: BlobStore, output: ResultRecord['output']): Promise<boolean> {
  if ('alias' in output) return false
  const stored = 'items' in output ? output.items : [output]
  for (const item of stored) {
    if (item.inline) continue
    const found = await blobs.stat(item.descriptor.digest).catch(() => undefined)
    if (!found || found.size !== item.descriptor.size) return false
  }
  return true
}

/** True for an error that says stored bytes are gone or damaged, so that they can be computed again. */
export function isLost(error: unknown): boolean {
  return isImageDocError(error) && (error.code === 'NOT_FOUND' || error.code === 'DIGEST_MISMATCH' || error.code === 'STORE_FAILED')
}

async function readAll(store: BlobStore, descriptor: Descriptor, signal?: AbortSignal): Promise<Uint8Array> {
  const stream = await store.open(descriptor.digest, signal ? { signal } : {})
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  if (chunks.length === 1 && chunks[0]) return chunks[0]
  const all = new Uint8Array(descriptor.size)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

/** 26 MB take 18 ms: off the event loop. */
async function digestInBackground(bytes: Uint8Array): Promise<Digest> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return `sha256:${Buffer.from(digest).toString('hex')}`
}

import type { OriginalSize, Properties } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Descriptor, Digest } from '../artifact/digest.ts'
import type { Matrix } from '../artifact/matrix.ts'
import type { Json } from '../errors/error.ts'

/** One output as it is kept: small ones inline, larger ones by the descriptor's digest in the blob store. */
export interface StoredArtifact {
  kind: string
  meta: Json
  /** From this artifact to what its key starts from. */
  matrix: Matrix | null
  descriptor: Descriptor
  /** Of the original; only where the key starts from that original's file, so that equal pixels of two files do not share them. */
  properties?: Properties
  /** Of the page that the matrix leads to, where it came to light since what the key starts from. */
  size?: OriginalSize
  inline?: Uint8Array
}

/** The items of an expansion, by page. */
export interface StoredItems {
  items: StoredArtifact[]
  /** What was taken apart. Its pages are named by this where it lies on no original. */
  of: Digest
}

/** A pointer from the key made before the inputs were there to the key made from their digests. */
export interface StoredAlias {
  alias: string
  /** From the result to what the pointing key starts from. */
  matrix: Matrix | null
  properties?: Properties
  size?: OriginalSize
}

/** From a step to the one above it that gives what the port takes. */
export interface Hop {
  readonly port: string
  /** Over ports of this name, so often in a row. @default 1 */
  readonly times?: number
  /** Which one of the sequence that the port takes; left out where it takes one value. */
  readonly item?: number
}

/**
 * A diagnostic as a record keeps it: without step and page, which are those of the run that made it. Who finds the record by its key has the same
 * steps above it, and `via` leads to the one that reported.
 */
export interface KeptDiagnostic extends Omit<Diagnostic, 'step' | 'page'> {
  /** From the step that the record is of; left out: that step itself. */
  readonly via?: readonly Hop[]
  /** Of a list of items: which one it is about. */
  readonly item?: number
}

/** What is kept under a result key. */
export interface ResultRecord {
  /** 2: diagnostics are kept by where they stand, not by names. A record of another version is a miss. */
  schemaVersion: 2
  output: StoredArtifact | StoredItems | StoredAlias
  /** Told again on a hit: those of all steps that the key names beside its inputs' digests. An alias has those of the steps above these. */
  diagnostics: readonly KeptDiagnostic[]
  /** Of the engine. */
  fingerprint: Json
  /** Digests of the originals it was made from. */
  sources: readonly Digest[]
  /** ISO 8601. */
  createdAt: string
  /** What it took to make it; of a list of items, all of them together. */
  ms?: number
}

/** The right to compute one key. The signal is aborted when the lease is lost. */
export interface Lease extends AsyncDisposable {
  readonly signal: AbortSignal
}

/**
 * Results by their key: a sha256 as 64 hex digits, with or without `sha256:` before them; USAGE for anything else. Losing it loses time, never data: a caller
 * treats every rejection as a miss, and a record whose blob is NOT_FOUND too. Records are the caller's own: changing one changes no other.
 */
export interface ResultCache extends AsyncDisposable {
  /** @throws CACHE_UNAVAILABLE within 2 s when the backend does not answer. A damaged record is a miss. */
  get(key: string): Promise<ResultRecord | undefined>
  /** @throws CACHE_UNAVAILABLE when it is unreachable or full */
  put(key: string, record: ResultRecord, options: { ttlMs?: number }): Promise<void>
  /** One computes, the others wait for its `put` or take over when the holder is gone. @throws CACHE_UNAVAILABLE, CANCELLED */
  lease(key: string, options: { signal: AbortSignal }): Promise<Lease | ResultRecord>
  /** Drops everything made from this original and from no other, cached blobs included where the driver knows the blob store; gives how many records. */
  forget(source: Digest): Promise<number>
  clear(): Promise<void>
  stats(): Promise<{ entries: number; bytes: number }>
}

/** Larger outputs are kept by reference: from here on a Redis GET costs more than a file. */
export const INLINE_BYTES = 256 * 1024

/** True when the record can be told from a lease. */
export function isResultRecord(value: Lease | ResultRecord): value is ResultRecord {
  return 'schemaVersion' in value
}

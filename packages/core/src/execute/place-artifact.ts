import type { Origin, OriginalSize, Properties } from '../artifact/artifact.ts'
import type { Digest } from '../artifact/digest.ts'
import { PIXELS_MEDIA_TYPE } from '../artifact/kind.ts'
import { compose, type Matrix, identity as unmoved } from '../artifact/matrix.ts'
import type { PageId } from '../artifact/page-id.ts'
import type { Json } from '../errors/error.ts'
import { canonicalJson } from '../key/canonical-json.ts'
import type { KeptDiagnostic, StoredArtifact } from '../ports/result-cache.ts'
import type { ItemResult } from '../ports/step-runner.ts'
import type { RunContext } from './context.ts'
import type { KnownResult, StoredBytes } from './results.ts'
import { createRunArtifact, type RunArtifact, type RunArtifactParts, STREAMED_BYTES } from './run-artifact.ts'
import type { SegmentInputs } from './segment-inputs.ts'
import { noTrail } from './trail.ts'

/** What a result lies on. */
export interface Base {
  /** Undefined where there is no single one. */
  readonly artifact: RunArtifact | undefined
  /** Digests of the originals that lead to the result. */
  readonly sources: readonly Digest[]
  /** The file of a result that lies on no single artifact: the first original, in the order of the ports. Undefined where there is none. */
  readonly source: Digest | undefined
  /** A step on the way ends the original's properties: the result has none. */
  readonly isBare: boolean
}

/** The artifact of a result that a record holds, for this page of this document. */
export function foundArtifact(
  run: Pick<RunContext, 'results'>,
  found: Omit<KnownResult, 'sources' | 'ms'> & { base: Base } & Pick<RunArtifactParts, 'fromBase' | 'exact'>,
  { page, restore }: { page: PageId; restore: () => Promise<Uint8Array> },
): RunArtifact {
  const { base, fromBase, exact, diagnostics } = found
  const { kind, meta, descriptor, inline } = found.output as StoredArtifact
  const { mediaType, digest } = descriptor
  return createRunArtifact({
    kind,
    meta,
    mediaType,
    descriptor,
    origin: originOf(found, { base: base.artifact, isBare: base.isBare, page, source: base.source ?? digest }),
    identity: { kind, digest, meta },
    sources: base.sources,
    fromBase,
    exact,
    // By its bytes it is known from here on: what was found on the way is above all that a key says of it.
    trail: { inKey: [], above: diagnostics },
    hot: undefined,
    read: run.results.stored(inline ? { descriptor, inline } : { descriptor }).read,
    stream: isLargeFile(found.output as StoredArtifact) ? (signal) => run.results.stream(descriptor, signal) : undefined,
    restore,
  })
}

/** Pixels are wanted as a whole; of a file a runner may read what it needs. */
function isLargeFile({ descriptor, inline }: StoredArtifact): boolean {
  return !inline && descriptor.size > STREAMED_BYTES && descriptor.mediaType !== PIXELS_MEDIA_TYPE
}

/** What a runner gave for one page. */
export type RunnerValue = Extract<ItemResult, { value: unknown }>['value'] | Extract<ItemResult, { kept: unknown }>['kept']

/** A computed value as an artifact. */
export function computedArtifact(
  value: RunnerValue,
  at: {
    bytes: StoredBytes
    inputs: SegmentInputs
    key: string
    page: PageId
    base: Pick<Base, 'source' | 'isBare'>
    isPassed: boolean
    own: readonly KeptDiagnostic[]
    restore: () => Promise<Uint8Array>
  },
): RunArtifact {
  const { bytes, inputs, key, page, own, restore } = at
  const { source = bytes.descriptor?.digest ?? 'sha256:', isBare } = at.base
  const { kind, meta, mediaType, matrix, properties, size } = value
  const { primary, trail } = inputs
  const { descriptor } = bytes
  const sources = [...inputs.sources]
  const hot = 'bytes' in value ? value.bytes : undefined
  return createRunArtifact({
    kind,
    meta,
    mediaType,
    descriptor,
    origin: originOf({ matrix, properties, size }, { base: primary, isBare, page, source }),
    identity: descriptor ? { kind, digest: descriptor.digest, meta } : { key },
    sources,
    fromBase: primary ? compose(primary.fromBase, matrix) : null,
    exact: inputs.exact && !at.isPassed,
    trail: descriptor
      ? { inKey: [], above: [...own, ...trail.inKey, ...trail.above] }
      : { inKey: [...own, ...trail.inKey], above: trail.above },
    hot,
    read: bytes.read && readerOf(bytes.read, { hot, done: bytes.done }),
    ...(bytes.read && { restore }),
  })
}

/** Reads from memory until the bytes are written, and no longer: a page that is done must not keep its pixels. */
function readerOf(
  read: NonNullable<StoredBytes['read']>,
  { hot, done }: { hot: Uint8Array | undefined; done: StoredBytes['done'] },
): NonNullable<StoredBytes['read']> {
  let unwritten = hot
  void done.then((written) => {
    if (written) unwritten = undefined
  })
  return async (signal) => {
    await done
    return unwritten ?? read(signal)
  }
}

/** An item starts new coordinates: what stands below it is keyed from its own content. */
export function asBase(artifact: RunArtifact): RunArtifact {
  return { ...artifact, fromBase: unmoved, trail: noTrail }
}

/** Where a result comes from that lies so on `base`, or that has no single artifact to lie on. */
function originOf(
  { matrix: own, properties, size }: { matrix: Matrix | null; properties: Properties; size?: OriginalSize | undefined },
  { base, isBare, page, source }: { base: RunArtifact | undefined; isBare: boolean; page: PageId; source: Digest },
): Origin {
  const matrix = compose(base?.origin.matrix ?? null, own)
  const original = base?.origin.source ?? source
  return {
    source: original,
    page: { ...page, source: page.source ?? original },
    matrix,
    size: matrix && (base?.origin.size ?? size ?? null),
    properties: isBare ? {} : { ...base?.origin.properties, ...properties },
  }
}

/**
 * What came to light of the original since the base (by decoding it), which its content determines. What the base itself has is no part of a
 * record: equal pixels of two originals share one, and each has its own. The page's size only where the base does not know it.
 */
export function beyond(
  base: Pick<RunArtifact, 'origin'> | undefined,
  { properties, size }: { properties: Properties; size: OriginalSize | null },
): { properties: Properties; size?: OriginalSize } {
  const known = base?.origin.properties ?? {}
  const isNew = ([name, value]: [string, Json]): boolean => !(name in known) || canonicalJson(known[name]) !== canonicalJson(value)
  const isSized = size !== null && (base?.origin.size ?? null) === null
  return { properties: Object.fromEntries(Object.entries(properties).filter(isNew)), ...(isSized ? { size } : {}) }
}

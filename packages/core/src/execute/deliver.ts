import type { Origin } from '../artifact/artifact.ts'
import type { Digest } from '../artifact/digest.ts'
import { compose, type Matrix } from '../artifact/matrix.ts'
import { formatPageId, type PageId } from '../artifact/page-id.ts'
import { ImageDocError, toImageDocError } from '../errors/error.ts'
import type { Identity } from '../key/result-key.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { PlannedStep, Segment } from '../plan/plan.ts'
import { isInternal } from '../plugin/output-operations.ts'
import type { KeptDiagnostic, ResultRecord, StoredArtifact } from '../ports/result-cache.ts'
import type { ItemResult, SegmentResult, SegmentValue } from '../ports/step-runner.ts'
import { runnerId, ttlOf } from './call.ts'
import { beyond, type Ground } from './ground.ts'
import type { Found, Kept } from './results.ts'
import { type Cell, createRunArtifact, type RunArtifact } from './run-artifact.ts'
import type { FileHit, Item, RunScope } from './scope.ts'
import type { SegmentInputs } from './segment-inputs.ts'
import { emitReported } from './tell.ts'
import { fits } from './trail.ts'

/** The keys of one result: what it was expected to be called, and what its inputs' content calls it. */
export interface Keys {
  expected: string | undefined
  actual: string
}

/** The result that a record holds, for this page of this document. */
export function artifactOfFound(
  scope: RunScope,
  found: Found,
  at: { ground: Ground; matrix: Matrix | null; sources: readonly Digest[]; recompute: () => Promise<Cell> },
): RunArtifact {
  const { ground, sources, recompute } = at
  const stored = found.output as StoredArtifact
  const matrix = compose(ground.base?.origin.matrix ?? null, at.matrix)
  const read = scope.results.reader(stored)
  const origin: Origin = {
    source: ground.base?.origin.source ?? found.record.sources[0] ?? stored.descriptor.digest,
    page: ground.page,
    matrix,
    size: matrix && (ground.base?.origin.size ?? found.size ?? null),
    properties: ground.isBare ? {} : { ...ground.base?.origin.properties, ...found.properties },
  }
  return createRunArtifact({
    kind: stored.kind,
    meta: stored.meta,
    mediaType: stored.descriptor.mediaType,
    descriptor: stored.descriptor,
    origin,
    identity: { kind: stored.kind, digest: stored.descriptor.digest, meta: stored.meta },
    sources: sources.length > 0 ? sources : found.record.sources,
    fromBase: at.matrix,
    exact: true,
    // By its bytes it is known from here on: what was found on the way is above all that a key says of it.
    trail: { inKey: [], above: found.diagnostics },
    hot: undefined,
    read,
    restore: async () => bytesOf(await recompute()),
  })
}

async function bytesOf(cell: Cell): Promise<Uint8Array> {
  if (cell.type === 'failed') throw cell.error
  if (cell.type === 'hole') throw new ImageDocError('PAGE_SKIPPED', cell.reason)
  return cell.artifact.bytes()
}

/** Where a computed value is kept while the run needs it. */
export function placeOf(scope: RunScope, planned: PlannedStep): 'cache' | 'scratch' | 'memory' {
  if (planned.persisted && planned.step.definition.cache !== false && scope.results.caching) return 'cache'
  return isWaitedFor(scope, planned.step) ? 'scratch' : 'memory'
}

/** A result that is asked for again after its page is done: by an output, or by a step that takes the whole sequence. */
function isWaitedFor(scope: RunScope, step: CompiledStep): boolean {
  if (step.operation.output.many || scope.plan.outputs.some((output) => output.file === step)) return true
  for (const { step: other } of scope.plan.steps.values()) {
    for (const { from, spec } of other.bindings) if (from === step && (spec.many || other.runsIn !== step.domain)) return true
  }
  return false
}

/** A computed value as an artifact. */
export function artifactOfValue(
  value: SegmentValue,
  at: { kept: Kept; ground: Ground; inputs: SegmentInputs; key: string; exact: boolean; own: readonly KeptDiagnostic[] },
): RunArtifact {
  const { kept, ground, inputs, key, exact, own } = at
  const { kind, meta, mediaType, matrix } = value
  const { primary, trail } = inputs
  const place = primary ? compose(primary.origin.matrix, matrix) : null
  // Held only until it is written: a page that is done must not keep its pixels.
  let unwritten: Uint8Array | undefined = value.bytes
  void kept.done.then((written) => {
    if (written) unwritten = undefined
  })
  const readBack = async (signal?: AbortSignal): Promise<Uint8Array> => {
    await kept.done
    return unwritten ?? (kept.read as NonNullable<Kept['read']>)(signal)
  }
  const identityOf: Identity = kept.descriptor ? { kind, digest: kept.descriptor.digest, meta } : { key }
  return createRunArtifact({
    kind,
    meta,
    mediaType,
    descriptor: kept.descriptor,
    origin: {
      source: primary?.origin.source ?? [...inputs.sources][0] ?? ground.base?.origin.source ?? 'sha256:',
      page: ground.page,
      matrix: place,
      size: place && (primary?.origin.size ?? value.size ?? null),
      properties: ground.isBare ? {} : value.properties,
    },
    identity: identityOf,
    sources: [...inputs.sources],
    fromBase: primary ? compose(primary.fromBase, matrix) : null,
    exact,
    trail: kept.descriptor
      ? { inKey: [], above: [...own, ...trail.inKey, ...trail.above] }
      : { inKey: [...own, ...trail.inKey], above: trail.above },
    hot: value.bytes,
    read: kept.read && readBack,
  })
}

/** Keeps a computed value's record under its key, and a pointer to it under the key that was expected. */
export async function publish(
  scope: RunScope,
  at: {
    artifact: RunArtifact
    kept: Kept
    keys: Keys
    planned: PlannedStep
    ground: Ground
    inputs: SegmentInputs
    value: SegmentValue
    /** What its own segment reported. */
    own: readonly KeptDiagnostic[]
    ms: number
  },
): Promise<void> {
  const { artifact, kept, keys, planned, ground, inputs, value } = at
  if (!kept.descriptor || !(await kept.done)) return
  const direct = keys.actual === keys.expected
  const output: StoredArtifact = {
    kind: artifact.kind,
    meta: artifact.meta,
    matrix: direct ? artifact.fromBase : value.matrix,
    descriptor: kept.descriptor,
    ...(direct ? beyond(ground.base, artifact.origin) : value.size ? { size: value.size } : {}),
    ...(kept.inline ? { inline: kept.inline } : {}),
  }
  const { inKey, above } = inputs.trail
  if (!fits(inKey)) return
  const record: ResultRecord = {
    schemaVersion: 2,
    output,
    diagnostics: [...at.own, ...inKey],
    fingerprint: planned.chosen?.fingerprint ?? null,
    sources: artifact.sources,
    createdAt: new Date().toISOString(),
    ms: at.ms,
  }
  await scope.results.publish(keys.actual, record, ttlOf(planned))
  if (keys.expected !== undefined && !direct)
    await publishAlias(scope, { artifact, keys: { actual: keys.actual, expected: keys.expected }, planned, ground, above })
}

/** What a segment took and reported on a page. */
export type Log = Pick<SegmentResult, 'steps' | 'diagnostics'>

/** Milliseconds of all its steps. */
export function tookMs({ steps }: { readonly steps: readonly { readonly ms: number }[] }): number {
  return Math.round(steps.reduce((sum, { ms }) => sum + ms, 0))
}

/**
 * From the key that was expected to the one that the content gave: a warm run then touches nothing upstream. So it bears what the steps `above` those
 * of the other key reported, and where that would be too much there is no pointer.
 */
export async function publishAlias(
  scope: RunScope,
  at: {
    artifact: RunArtifact
    keys: { actual: string; expected: string }
    planned: PlannedStep
    ground: Ground
    above: readonly KeptDiagnostic[]
  },
): Promise<void> {
  const { artifact, keys, planned, ground, above } = at
  if (!fits(above)) return
  const output = { alias: keys.actual, matrix: artifact.fromBase, ...beyond(ground.base, artifact.origin) }
  const record: ResultRecord = {
    schemaVersion: 2,
    output,
    diagnostics: above,
    fingerprint: planned.chosen?.fingerprint ?? null,
    sources: artifact.sources,
    createdAt: new Date().toISOString(),
  }
  await scope.results.publish(keys.expected, record, ttlOf(planned))
}

/** Tells what a segment did on one page. */
export function emitResult(
  scope: RunScope,
  segment: Segment,
  at: { result: SegmentResult | ItemResult | Log; item: Pick<Item, 'page'> },
): void {
  const { result, item } = at
  const skipped = 'hole' in result ? stepOfHole(segment, result.hole.step) : undefined
  emitSteps(scope, segment, { result, item, skipped })
  emitReported(scope, segment, { diagnostics: result.diagnostics, page: item.page })
  if ('hole' in result && skipped !== undefined) emitHole(scope, { step: skipped, page: item.page, error: result.hole.error })
}

/** Tells which steps of a segment were done, but for the one that was `skipped`. */
export function emitSteps(
  scope: RunScope,
  segment: Segment,
  { result, item, skipped }: { result: Pick<Log, 'steps'>; item: Pick<Item, 'page'>; skipped?: string | undefined },
): void {
  const visible = new Set(segment.steps.filter(({ step }) => !isInternal(step.plugin)).map(({ step }) => runnerId(step)))
  for (const step of result.steps) {
    if (!visible.has(step.id) || step.outcome === 'skipped' || step.id === skipped) continue
    scope.counted.add(countedAs(step.id, item.page))
    scope.emit({ type: 'page-done', step: step.id, page: item.page, ms: step.ms })
  }
}

/** The step, as its pipeline calls it, that a runner left out: the file of an output is part of the step that it is of. */
export function stepOfHole(segment: Segment, id: string): string {
  return segment.steps.find(({ step }) => runnerId(step) === id)?.step.id ?? id
}

export function emitHole(scope: RunScope, at: { step: string; page: PageId; error: ImageDocError }): void {
  scope.emit({ type: 'page-skipped', step: at.step, page: at.page, error: at.error.toJSON() })
}

/** Whether a step of the segment has told of this page. */
export function isCounted(scope: RunScope, { steps }: Segment, { page }: Pick<Item, 'page'>): boolean {
  return steps.some(({ step }) => scope.counted.has(countedAs(step.id, page)))
}

const countedAs = (step: string, page: PageId): string => `${step} ${formatPageId(page)}`

/**
 * A result taken from the cache counts once. The file of an output counts for the step that it is of, and only when that step has nothing to tell
 * of the page itself: its pixels may be made again for another step.
 */
export function emitHit(scope: RunScope, step: CompiledStep, at: Omit<FileHit, 'step'>): void {
  if (isInternal(step.plugin)) scope.fileHits.push({ step: step.id, ...at })
  else countHit(scope, { step: step.id, ...at })
}

/** Tells of the files that were in the cache and whose steps did nothing: of one page when it is over, of all at the end. */
export function emitFileHits(scope: RunScope, page?: PageId): void {
  const due = scope.fileHits.filter((hit) => page === undefined || formatPageId(hit.page) === formatPageId(page))
  for (const hit of due) {
    scope.fileHits.splice(scope.fileHits.indexOf(hit), 1)
    countHit(scope, hit)
  }
}

function countHit(scope: RunScope, { step, page, savedMs }: FileHit): void {
  const counted = countedAs(step, page)
  if (scope.counted.has(counted)) return
  scope.counted.add(counted)
  scope.emit({ type: 'cache-hit', step, page, ...(savedMs === undefined ? {} : { savedMs }) })
}

/** A failure on one page: counted for the step that the error's path names; those `before` it are done. */
export function failCell(
  scope: RunScope,
  segment: Segment,
  at: { error: unknown; page: PageId; before?: (id: string) => { id: string; ms: number }[] },
): Cell {
  const error = toImageDocError(at.error, 'INTERNAL')
  const index = Number(/^steps\[(\d+)\]/.exec(error.path ?? '')?.[1] ?? segment.last.step.index)
  const step = segment.steps.find((planned) => planned.step.index === index)?.step ?? segment.last.step
  const placed = error.path
    ? error
    : new ImageDocError(error.code, error.message, {
        path: `steps[${step.index}]`,
        cause: error,
        retryable: error.retryable,
        ...(error.details === undefined ? {} : { details: error.details }),
      })
  const done = at.before?.(runnerId(step)) ?? []
  emitResult(scope, segment, { result: { steps: done.map((entry) => ({ ...entry, outcome: 'done' })), diagnostics: [] }, item: at })
  if (error.code !== 'CANCELLED') scope.emit({ type: 'page-failed', step: step.id, page: at.page, error: placed.toJSON() })
  return { type: 'failed', error: placed }
}

import { throwIfAborted } from '../errors/error.ts'
import type { Segment } from '../plan/plan.ts'
import type { Lease, StoredArtifact } from '../ports/result-cache.ts'
import type { PageRecord } from '../ports/run-pages.ts'
import type { SegmentHooks } from '../ports/step-runner.ts'
import { segmentHooks } from './call.ts'
import type { RunContext } from './context.ts'
import type { Item } from './item.ts'
import type { Made, Missing } from './made.ts'
import { findOutcome, recordOutcome, tellMissing } from './page-record.ts'
import type { Keys } from './result-records.ts'
import { isKnown, type KnownResult } from './results.ts'
import { type SegmentInputs, withInputs } from './segment-inputs.ts'
import { type Log, tellFailure, tellHole } from './tell.ts'

/** One result that a run needs: of a segment on a page, the list of items that a page is taken apart into, or one of these items. */
export interface Piece<Result, Value> {
  readonly segment: Segment
  /** The page that it is told of; of a list: the one that is taken apart. */
  readonly item: Item
  /** It is looked up in the cache and kept there. */
  readonly isKept: boolean
  /** Only one process makes it at a time, the others wait for it. Not for a list, which is there when its last item is. */
  readonly isLeased: boolean
  /** Its key as far as it is known before its inputs are there. */
  expectedKey(): Promise<string | undefined>
  inputs(): Promise<SegmentInputs | Missing>
  /** Its key by what its inputs turned out to be. */
  actualKey(inputs: SegmentInputs): string
  /** Tells of what the cache had and takes it. */
  take(found: KnownResult, made?: Prepared): Promise<Made<Value>>
  /** Takes what the run's own record had, which was told. Undefined for what that record does not have. */
  readonly takeRecorded: ((record: RecordedArtifact) => Promise<Made<Value>>) | undefined
  compute(inputs: SegmentInputs, hooks: SegmentHooks): Promise<Result>
  /** Tells of what came out and keeps it; `written` settles when others can find it. */
  settle(result: Result, at: Prepared): Promise<{ made: Made<Value>; written?: Promise<void> }>
}

/** A piece that is about to be computed. */
export interface Prepared {
  readonly inputs: SegmentInputs
  readonly keys: Keys
  /** What comes out is for the cache, too. */
  readonly isShared: boolean
  /** What was there before is lost. */
  readonly anew: boolean
}

/** A page record that holds an artifact. */
export interface RecordedArtifact extends PageRecord {
  readonly outcome: { readonly done: StoredArtifact; readonly exact: boolean }
}

/** Takes a piece from the cache when its key is known by now and it is there; computes nothing. */
export async function lookUp<Result, Value>(run: RunContext, piece: Piece<Result, Value>): Promise<Made<Value> | undefined> {
  const key = piece.isKept ? await piece.expectedKey() : undefined
  const found = key === undefined ? undefined : await run.results.find(key)
  return found && piece.take(found)
}

/**
 * The life of every result: expected key, cache, the run's record, inputs, actual key, cache and lease, computing, keeping, recording. Rejects
 * only when the run is cancelled, or its record fails. `anew`: what was there before is lost.
 */
export async function make<Result, Value>(
  run: RunContext,
  piece: Piece<Result, Value>,
  { anew = false }: { anew?: boolean } = {},
): Promise<Made<Value>> {
  throwIfAborted(run.signal)
  const early = anew ? undefined : ((await lookUp(run, piece)) ?? (await lookUpRecord(run, piece)))
  if (early) return early
  const inputs = await piece.inputs()
  if ('type' in inputs) return missingInput(run, piece, inputs)
  // What stands on something that was passed over, or on a hole, is not what its expected key says.
  const expected = piece.isKept && inputs.exact && !inputs.holes ? await piece.expectedKey() : undefined
  const keys = { expected, actual: piece.actualKey(inputs) }
  const isShared = piece.isKept && !inputs.holes && run.results.caching
  const held = isShared && !anew ? await claim(run, piece, keys) : undefined
  if (held && isKnown(held)) return piece.take(held, { inputs, keys, isShared, anew })
  const watch = segmentHooks(run, piece.segment, { item: piece.item, sources: inputs.sources })
  const { has: _, ...silent } = watch.hooks
  let written: Promise<void> = Promise.resolve()
  try {
    const compute = () => piece.compute(inputs, isShared && !anew ? watch.hooks : silent)
    const result = await withInputs(inputs, () => inTurn(run, piece, compute))
    const settled = await piece.settle(result, { inputs, keys, isShared, anew })
    written = settled.written ?? written
    return settled.made
  } catch (error) {
    throwIfAborted(run.signal)
    return await failed(run, piece, { error, before: watch.before })
  } finally {
    // The result is used at once; who waits for the lease gets it when it is written. A page is not over before that: memory stays bounded.
    const released = held ? written.finally(() => release(held)) : written
    // Whoever waits for this page hears of it when it could not be written down; nobody may be waiting yet.
    released.catch(() => undefined)
    piece.item.pending.push(released)
  }
}

async function lookUpRecord<Result, Value>(run: RunContext, piece: Piece<Result, Value>): Promise<Made<Value> | undefined> {
  const { segment, item } = piece
  if (!piece.takeRecorded) return undefined
  const record = await findOutcome(run, segment, item)
  if (!record) return undefined
  const { outcome } = record
  return 'done' in outcome ? piece.takeRecorded({ ...record, outcome }) : tellMissing(run, segment, { outcome, item })
}

/** What the cache has by now under the key of its content, or the right to make it. */
async function claim<Result, Value>(
  { results, signal }: RunContext,
  piece: Piece<Result, Value>,
  { expected, actual }: Keys,
): Promise<Lease | KnownResult | undefined> {
  if (piece.isLeased) return results.lease(actual, signal)
  // The other key was asked for first.
  return actual === expected ? undefined : results.find(actual)
}

async function release(held: Lease): Promise<void> {
  await held[Symbol.asyncDispose]().then(undefined, () => undefined)
}

/** Calls a runner when it is this run's turn. */
function inTurn<Result, Value>(run: RunContext, { segment, item }: Piece<Result, Value>, compute: () => Promise<Result>): Promise<Result> {
  const { step, chosen } = segment.last
  const timed = (): Promise<Result> => run.work.time(compute)
  const network = chosen?.engine.network === true
  return run.pages ? run.pages.turn({ page: item.page, step: step.id, network }, timed, run.signal) : timed()
}

/** What becomes of a piece whose input is not there: a step that refuses it has failed of its own, the others follow what is above them. */
function missingInput<Result, Value>(run: RunContext, { segment, item }: Piece<Result, Value>, missing: Missing): Missing {
  if (missing.type !== 'failed' || !missing.refusedBy) return missing
  const { error, refusedBy } = missing
  const { onError } = refusedBy.definition
  if (onError === 'skip' || onError === 'pass') return tellHole(run, { step: refusedBy.id, page: item.page, error })
  return tellFailure(run, segment, { error, page: item.page })
}

async function failed<Result, Value>(
  run: RunContext,
  { segment, item, takeRecorded }: Piece<Result, Value>,
  { error, before }: { error: unknown; before: (id: string) => Log['steps'] },
): Promise<Missing> {
  const missing = tellFailure(run, segment, { error, page: item.page, before })
  if (takeRecorded && missing.error.code !== 'CANCELLED')
    await recordOutcome(run, segment, { item, outcome: { error: missing.error.toJSON() } })
  return missing
}

import { compose, type Matrix } from '../artifact/matrix.ts'
import { ImageDocError } from '../errors/error.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import { type Plan, waysOf } from '../plan/plan.ts'
import type { KeptDiagnostic, StoredArtifact } from '../ports/result-cache.ts'
import type { ItemResult } from '../ports/step-runner.ts'
import type { RunContext } from './context.ts'
import { storedOrLoaded } from './handed-on.ts'
import type { Made } from './made.ts'
import { make, type Piece, type Prepared, type RecordedArtifact } from './make.ts'
import { isWanted, recordOutcome } from './page-record.ts'
import { asBase, type Base, beyond, computedArtifact, foundArtifact } from './place-artifact.ts'
import { writeAlias, writeRecord } from './result-records.ts'
import type { KnownResult, StoredBytes } from './results.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import { holeOf, tellHit, tellKept, tellResult, tookMs } from './tell.ts'
import { fits, keptOf, ofSegment } from './trail.ts'
import { handsOn } from './variant.ts'

/** An item of an expansion as its list names it. */
export interface ListEntry {
  readonly stored: StoredArtifact
  /** About this item. */
  readonly diagnostics: readonly KeptDiagnostic[]
  readonly ms: number
}

type Own = 'segment' | 'item' | 'isKept' | 'expectedKey' | 'inputs' | 'actualKey' | 'compute'

/** A piece that gives one artifact. */
export interface ArtifactParts extends Pick<Piece<ItemResult, RunArtifact>, Own> {
  /** The run's own record has it. */
  readonly isRecorded: boolean
  /** What its expected key starts from. */
  base(): Promise<Base>
  /** Of an item of an expansion, which starts new coordinates: tells its list what the cache has of it. */
  enter?(entry: ListEntry): Promise<void>
}

export type ArtifactPiece = Piece<ItemResult, RunArtifact> & {
  /** Makes the artifact again when its bytes are lost. */
  restore(): Promise<Uint8Array>
}

/** A segment's result on one page, or one item of an expansion. */
export function artifactPiece(run: RunContext, parts: ArtifactParts): ArtifactPiece {
  const piece: ArtifactPiece = {
    ...parts,
    isLeased: true,
    take: (found, prepared) => take(run, at, { found, prepared }),
    takeRecorded: parts.isRecorded ? (record) => takeRecorded(run, at, record) : undefined,
    settle: (result, prepared) => settle(run, at, { result, prepared }),
    restore: async () => bytesOf(await make(run, piece, { anew: true })),
  }
  let base: Promise<Base> | undefined
  const at: At = {
    ...parts,
    restore: piece.restore,
    base: () => {
      base ??= parts.base()
      return base
    },
  }
  return piece
}

type At = ArtifactParts & Pick<ArtifactPiece, 'restore'>

async function bytesOf(cell: Cell): Promise<Uint8Array> {
  if (cell.type === 'failed') throw cell.error
  if (cell.type === 'hole') throw new ImageDocError('PAGE_SKIPPED', cell.reason)
  return cell.value.bytes()
}

/** With the key of its content as with the expected one, what was found tells of the same page: only the way to its base differs. */
async function take(
  run: RunContext,
  at: At,
  { found, prepared }: { found: KnownResult; prepared: Prepared | undefined },
): Promise<Made<RunArtifact>> {
  const { segment, item, enter, restore } = at
  const { step } = segment.last
  // What the record has of the steps above was told by these in this run.
  const own = prepared ? ofSegment(segment, found.diagnostics) : found.diagnostics
  tellHit(run, step, { page: item.page, savedMs: found.ms })
  await tellKept(run, own, { step, item })
  const base = await at.base()
  const seen = prepared ? seenThroughInputs(found, prepared, { base, own }) : { ...found, base, fromBase: found.matrix, exact: true }
  const artifact = foundArtifact(run, seen, { page: item.page, restore })
  if (prepared) {
    const { keys, inputs } = prepared
    await writeAlias(run, segment.last, { keys, artifact, base: base.artifact, sources: artifact.sources, above: inputs.trail.above })
  }
  const value = enter ? asBase(artifact) : artifact
  const stored = found.output as StoredArtifact
  if (at.isRecorded && isWanted(run, segment, item)) await record(run, at, { artifact: value, stored: enter && stored, base, own })
  await enter?.({ stored, diagnostics: own, ms: found.ms ?? 0 })
  return { type: 'done', value }
}

/** From the key of the content a record's matrix leads to the segment's input; that input's own leads on. */
function seenThroughInputs(
  found: KnownResult,
  { inputs, keys }: Prepared,
  { base, own }: { base: Base; own: readonly KeptDiagnostic[] },
): KnownResult & { base: Base; fromBase: Matrix | null; exact: boolean } {
  const { primary, sources, exact, trail } = inputs
  const isDirect = keys.actual === keys.expected
  return {
    ...found,
    diagnostics: [...own, ...trail.inKey, ...trail.above],
    base: { ...base, artifact: isDirect ? base.artifact : primary, sources: [...sources] },
    fromBase: isDirect || !primary ? found.matrix : compose(primary.fromBase, found.matrix),
    exact,
  }
}

async function takeRecorded(run: RunContext, at: At, { outcome, diagnostics, steps }: RecordedArtifact): Promise<Made<RunArtifact>> {
  const { item, enter, restore } = at
  const { done, exact } = outcome
  const found = { output: done, matrix: done.matrix, properties: done.properties ?? {}, size: done.size, diagnostics }
  const base = await at.base()
  const artifact = foundArtifact(run, { ...found, base, fromBase: done.matrix, exact }, { page: item.page, restore })
  await enter?.({ stored: done, diagnostics, ms: tookMs({ steps }) })
  return { type: 'done', value: enter ? asBase(artifact) : artifact }
}

async function settle(
  run: RunContext,
  at: At,
  { result, prepared }: { result: ItemResult; prepared: Prepared },
): Promise<{ made: Made<RunArtifact>; written: Promise<void> }> {
  const { segment, item, isRecorded, enter, restore } = at
  tellResult(run, segment, { result, page: item.page })
  const { steps } = result
  const own = keptOf(segment, result.diagnostics)
  if ('hole' in result) {
    const { step, error } = holeOf(segment, result)
    const outcome = { hole: { step, error: error.toJSON() } }
    const written = isRecorded ? recordOutcome(run, segment, { item, outcome, steps, diagnostics: own }) : Promise.resolve()
    return { made: { type: 'hole', step, reason: error.message }, written }
  }
  // A result that stands on a step whose failure was passed over is not what its key says.
  const isPassed = steps.some(({ outcome }) => outcome === 'passed')
  const isShared = prepared.isShared && !isPassed
  const place = isShared ? 'cache' : isPassed || isWaitedFor(run.plan, segment.last.step) ? 'scratch' : 'memory'
  const value = 'kept' in result ? await storedOrLoaded(run, result.kept, { place, anew: prepared.anew }) : result.value
  const bytes = 'bytes' in value ? await run.results.store(value, place) : run.results.stored(value)
  const artifact = computedArtifact(value, {
    bytes,
    inputs: prepared.inputs,
    key: prepared.keys.actual,
    page: item.page,
    base: await at.base(),
    isPassed,
    own,
    restore,
  })
  const settled = { artifact, bytes, own, steps, isShared, matrix: value.matrix }
  return { made: { type: 'done', value: enter ? asBase(artifact) : artifact }, written: write(run, at, { prepared, settled }) }
}

/** A result that is asked for again after its page is done: by an output, or by a step that takes the whole sequence. */
function isWaitedFor(plan: Plan, step: CompiledStep): boolean {
  if (step.operation.output.many || plan.outputs.some((output) => output.file === step)) return true
  for (const planned of plan.steps.values()) {
    const { step: other } = planned
    for (const [index, { from, spec }] of other.bindings.entries()) {
      if (from !== step) continue
      if (spec.many || other.runsIn !== step.domain) return true
      // Its result may be this one on some page.
      if (index === 0 && waysOf(planned).some((way) => handsOn(planned, way)) && isWaitedFor(plan, other)) return true
    }
  }
  return false
}

interface Settled {
  readonly artifact: RunArtifact
  readonly bytes: StoredBytes
  readonly own: readonly KeptDiagnostic[]
  readonly steps: ItemResult['steps']
  readonly isShared: boolean
  /** To the segment's first input. */
  readonly matrix: Matrix | null
}

/** Writes what was computed into the cache and into the run's record, once its bytes are stored. */
async function write(run: RunContext, at: At, { prepared, settled }: { prepared: Prepared; settled: Settled }): Promise<void> {
  const { segment, enter } = at
  const { inputs, keys } = prepared
  const { artifact, bytes, own, isShared, matrix, steps } = settled
  const { inKey, above } = inputs.trail
  const ms = tookMs({ steps })
  const isStored = await bytes.done
  const base = await at.base()
  // Under its expected key a page is found from the base; an item lies on what was expanded.
  const isFromBase = !enter && keys.actual === keys.expected
  const stored = storedOf(
    artifact,
    isFromBase ? { artifact: base.artifact, matrix: artifact.fromBase } : { artifact: inputs.primary, matrix },
  )
  const isPublished = isStored && isShared && stored !== undefined && fits(inKey)
  if (isPublished) {
    const { sources } = artifact
    const output = { ...stored, ...(bytes.inline ? { inline: bytes.inline } : {}) }
    await writeRecord(run, segment.last, { key: keys.actual, output, sources, diagnostics: enter ? own : [...own, ...inKey], ms })
    await writeAlias(run, segment.last, { keys, artifact, base: base.artifact, sources, above })
    await enter?.({ stored: output, diagnostics: own, ms })
  }
  if (at.isRecorded) await record(run, at, { artifact: enter ? asBase(artifact) : artifact, stored: enter && stored, base, own, steps })
}

/** Writes an artifact into the run's record. An item is recorded as its list names it. */
async function record(
  run: RunContext,
  { segment, item, enter }: At,
  at: {
    artifact: RunArtifact
    stored: StoredArtifact | undefined
    base: Base
    own: readonly KeptDiagnostic[]
    steps?: ItemResult['steps']
  },
): Promise<void> {
  const { artifact, base, own, steps = [] } = at
  const stored = at.stored ?? storedOf(artifact, { artifact: base.artifact, matrix: artifact.fromBase })
  if (!stored) return
  const { inline: _, ...done } = stored
  const all = [...artifact.trail.inKey, ...artifact.trail.above]
  // What stands on it must not be found by a key when what was found above would be missing.
  const outcome = { done, exact: artifact.exact && fits(all) }
  const diagnostics = enter ? own : fits(all) ? all : ofSegment(segment, all)
  await recordOutcome(run, segment, { item, outcome, steps, diagnostics, read: () => artifact.bytes() })
}

/** An artifact as a record keeps it; undefined while its bytes have no digest. */
function storedOf(
  { kind, meta, descriptor, origin }: RunArtifact,
  base: { artifact: RunArtifact | undefined; matrix: Matrix | null },
): StoredArtifact | undefined {
  return descriptor && { kind, meta, matrix: base.matrix, descriptor, ...beyond(base.artifact, origin) }
}

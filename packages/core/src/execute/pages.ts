import { digestOf } from '../artifact/digest.ts'
import { formatPageId } from '../artifact/page-id.ts'
import { ImageDocError } from '../errors/error.ts'
import { canonicalJson } from '../key/canonical-json.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import { expands } from '../pipeline/domains.ts'
import type { Plan, Segment } from '../plan/plan.ts'
import { isInternal } from '../plugin/output-operations.ts'
import type { KeptDiagnostic, StoredArtifact } from '../ports/result-cache.ts'
import type { PageOutcome, PageRecord, PageWork } from '../ports/run-pages.ts'
import { runnerId } from './call.ts'
import { artifactOfFound, emitHole, emitSteps, isCounted, type Log, tookMs } from './deliver.ts'
import { beyond, type Ground } from './ground.ts'
import { originalsOf } from './originals.ts'
import type { Found } from './results.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import type { Item, RunScope } from './scope.ts'
import { emitKept } from './tell.ts'
import { fits, ofSegment } from './trail.ts'

/** How a run's record of pages calls this piece of its work. */
export function pageWork(plan: Plan, segment: Segment, { page }: Pick<Item, 'page'>): PageWork {
  const { step } = segment.last
  return { page, step: step.id, use: writtenStep(step).operation.name, segment: segmentName(plan, segment) }
}

/** The encoding of an output, which bears its source's id, works for that: whoever gives the work to others looks at what a person wrote. */
function writtenStep(step: CompiledStep): CompiledStep {
  const [binding] = step.bindings
  return isInternal(step.plugin) && binding?.from.type === 'step' ? binding.from : step
}

const names = new WeakMap<Segment, string>()

/**
 * The step's id and a few digits of all that its result depends on beside the page, in the segments above it too: what was made of another version's
 * outcome is none of this one's.
 */
export function segmentName(plan: Plan, segment: Segment): string {
  const known = names.get(segment)
  if (known !== undefined) return known
  const parts = segment.steps.map(({ step, chosen, codec }) => [
    step.operation.name,
    step.operation.version,
    step.definition.with ?? {},
    chosen?.fingerprint ?? null,
    codec ?? null,
  ])
  const inside = new Set(segment.steps.map(({ step }) => step))
  const above = segment.steps.flatMap(({ step }) =>
    step.bindings.map(({ from }) => {
      const source = from.type === 'step' && !inside.has(from) ? plan.segments.get(from) : undefined
      return source ? segmentName(plan, source) : null
    }),
  )
  const id = runnerId(segment.last.step).slice(0, 150)
  const digest = digestOf(new TextEncoder().encode(canonicalJson([parts, above])))
  const name = `${id} ${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`
  names.set(segment, name)
  return name
}

/** What the run's record has of a segment on a page: as if it had been done just now. */
export async function recordedCell(
  scope: RunScope,
  segment: Segment,
  at: { item: Item; ground: Ground; recompute: () => Promise<Cell> },
): Promise<Cell | undefined> {
  const { item, ground, recompute } = at
  const found = await findRecorded(scope, segment, item)
  if (!found) return undefined
  const { outcome } = found
  if (!('done' in outcome)) return missingCell(scope, segment, { outcome, item })
  const { matrix } = outcome.done
  const sources = await originalsOf(scope, segment.last.step, item)
  const artifact = artifactOfFound(scope, foundIn(outcome.done, found.diagnostics), { ground, matrix, sources, recompute })
  return { type: 'done', artifact: { ...artifact, exact: outcome.exact } }
}

/** Tells of what is written down, as if it had been done just now. */
export async function findRecorded(scope: RunScope, segment: Segment, item: Item): Promise<PageRecord | undefined> {
  const found = await scope.pages?.find(pageWork(scope.plan, segment, item), scope.signal)
  if (!found) return undefined
  if (!scope.wanted) await tellAbove(scope, segment, item)
  await tell(scope, segment, { item, found })
  return found
}

/** What the pieces above it did on this page: whoever gets a page's last piece from others asks for none of those. */
async function tellAbove(scope: RunScope, segment: Segment, item: Item): Promise<void> {
  for (const source of sourcesOnPage(scope.plan, segment)) {
    await tellAbove(scope, source, item)
    const found = source.last.persisted ? await scope.pages?.peek(pageWork(scope.plan, source, item)) : undefined
    if (found && 'done' in found.outcome && !isCounted(scope, source, item)) await tell(scope, source, { item, found })
  }
}

function sourcesOnPage(plan: Plan, segment: Segment): Segment[] {
  return segment.steps.flatMap(({ step }) =>
    step.bindings.flatMap(({ from, spec }) => {
      const isSame = from.type === 'step' && from.domain === step.runsIn && !spec.many && !expands(from.operation)
      const source = isSame ? plan.segments.get(from) : undefined
      return source && source !== segment ? [source] : []
    }),
  )
}

async function tell(scope: RunScope, segment: Segment, { item, found }: { item: Item; found: PageRecord }): Promise<void> {
  const name = `${formatPageId(item.page)} ${segmentName(scope.plan, segment)}`
  if (scope.told.has(name)) return
  scope.told.add(name)
  scope.work.add(tookMs(found))
  const steps = found.steps.map((entry) => ({ ...entry, outcome: 'done' as const }))
  emitSteps(scope, segment, { result: { steps }, item })
  const { step } = segment.last
  // An expansion's own are told as of the page that they are about.
  await emitKept(scope, found.diagnostics, { step, item })
}

/** A recorded artifact as one that the cache has found. */
export function foundIn(output: StoredArtifact, diagnostics: readonly KeptDiagnostic[]): Found {
  const record = { schemaVersion: 2, output, diagnostics, fingerprint: null, sources: [], createdAt: '' } as const
  return { record, output, matrix: output.matrix, properties: output.properties ?? {}, size: output.size, diagnostics }
}

/** Tells of a page that was skipped or has failed. */
export function missingCell(
  scope: RunScope,
  segment: Segment,
  { outcome, item }: { outcome: Exclude<PageOutcome, { done: unknown }>; item: Item },
): Exclude<Cell, { type: 'done' }> {
  if ('hole' in outcome) {
    const error = ImageDocError.fromJSON(outcome.hole.error)
    emitHole(scope, { step: outcome.hole.step, page: item.page, error })
    return { type: 'hole', step: outcome.hole.step, reason: error.message }
  }
  scope.emit({ type: 'page-failed', step: segment.last.step.id, page: item.page, error: outcome.error })
  return { type: 'failed', error: ImageDocError.fromJSON(outcome.error) }
}

/** Writes what the cache had into the run's record, when just this is wanted of it. */
export async function recordHit(
  scope: RunScope,
  segment: Segment,
  { item, artifact, ground }: { item: Item; artifact: RunArtifact; ground: Ground },
): Promise<void> {
  const outcome = isWanted(scope, segment, item) ? doneOutcome(artifact, ground) : undefined
  if (outcome)
    await recordOutcome(scope, segment, {
      item,
      outcome,
      told: { diagnostics: recordable(segment, artifact) },
      read: () => artifact.bytes(),
    })
}

export function isWanted({ plan, wanted }: RunScope, segment: Segment, { page }: Item): boolean {
  return wanted !== undefined && wanted.segment === segmentName(plan, segment) && wanted.page === formatPageId(page)
}

/** Writes an outcome into the run's record. */
export async function recordOutcome(
  scope: RunScope,
  segment: Segment,
  at: { item: Item; outcome: PageOutcome; told?: Told; read?: () => Promise<Uint8Array> },
): Promise<void> {
  if (!scope.pages || !segment.last.persisted) return
  const { item, outcome, told, read = noBytes } = at
  const steps = (told?.steps ?? []).filter(({ outcome }) => outcome !== 'skipped').map(({ id, ms }) => ({ id, ms }))
  const record: PageRecord = { outcome, steps, diagnostics: told?.diagnostics ?? [] }
  await scope.pages.record(pageWork(scope.plan, segment, item), record, read)
}

/** What is written down beside an outcome. */
export interface Told {
  readonly steps?: Log['steps']
  readonly diagnostics: readonly KeptDiagnostic[]
}

/** All that was found on the way to it, or what of it there is room for. */
export function recordable(segment: Segment, { trail }: RunArtifact): readonly KeptDiagnostic[] {
  const all = [...trail.inKey, ...trail.above]
  return fits(all) ? all : ofSegment(segment, all)
}

const noBytes = async (): Promise<Uint8Array> => {
  throw new ImageDocError('INTERNAL', 'An outcome without an artifact has no bytes.')
}

/** An artifact as the record keeps it; undefined while its bytes have no digest. */
export function doneOutcome(artifact: RunArtifact, ground: Ground): PageOutcome | undefined {
  const { kind, meta, fromBase, descriptor, trail } = artifact
  if (!descriptor) return undefined
  // What stands on it must not be found by a key when what was found above would be missing.
  const exact = artifact.exact && fits([...trail.inKey, ...trail.above])
  return { done: { kind, meta, matrix: fromBase, descriptor, ...beyond(ground.base, artifact.origin) }, exact }
}

import { digestOf } from '../artifact/digest.ts'
import { ImageDocError } from '../errors/error.ts'
import { canonicalJson } from '../key/canonical-json.ts'
import type { Segment } from '../plan/plan.ts'
import type { PageOutcome, PageRecord, PageWork } from '../ports/run-pages.ts'
import { runnerId } from './call.ts'
import { artifactOfFound, emitHole, emitResult, type Log } from './deliver.ts'
import { type Ground, propertiesBeyond } from './ground.ts'
import { originalsOf } from './originals.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import type { Item, RunScope } from './scope.ts'

/** How a run's record of pages calls this piece of its work. */
export function pageWork(segment: Segment, { page }: Pick<Item, 'page'>): PageWork {
  const { step } = segment.last
  return { page, step: step.id, segment: segmentName(segment) }
}

const names = new WeakMap<Segment, string>()

/** The step's id and a few digits of all that its result depends on beside the page: another version's outcome is none of this one's. */
function segmentName(segment: Segment): string {
  const known = names.get(segment)
  if (known !== undefined) return known
  const parts = segment.steps.map(({ step, chosen, codec }) => [
    step.operation.name,
    step.operation.version,
    step.definition.with ?? {},
    chosen?.fingerprint ?? null,
    codec ?? null,
  ])
  const id = runnerId(segment.last.step).slice(0, 150)
  const name = `${id} ${digestOf(new TextEncoder().encode(canonicalJson(parts))).slice('sha256:'.length, 'sha256:'.length + 12)}`
  names.set(segment, name)
  return name
}

/** What the run's record has of a segment on a page: as if it had been done just now. */
export async function recordedCell(
  scope: RunScope,
  segment: Segment,
  at: { item: Item; ground: Ground; recompute: () => Promise<Cell> },
): Promise<Cell | undefined> {
  const found = await scope.pages?.find(pageWork(segment, at.item), scope.signal)
  if (!found) return undefined
  const { item, ground, recompute } = at
  const { step } = segment.last
  const steps = found.steps.map((entry) => ({ ...entry, outcome: 'done' as const }))
  emitResult(scope, segment, { result: { steps, diagnostics: found.diagnostics }, item })
  const { outcome } = found
  if ('done' in outcome) {
    const record = { schemaVersion: 1, output: outcome.done, diagnostics: [], fingerprint: null, sources: [], createdAt: '' } as const
    const output = outcome.done
    const artifact = artifactOfFound(
      scope,
      { record, output, matrix: output.matrix, properties: output.properties ?? {} },
      { ground, matrix: output.matrix, sources: await originalsOf(scope, step, item), recompute },
    )
    return { type: 'done', artifact: { ...artifact, exact: outcome.exact } }
  }
  if ('hole' in outcome) {
    const error = ImageDocError.fromJSON(outcome.hole.error)
    emitHole(scope, { step: outcome.hole.step, page: item.page, error })
    return { type: 'hole', step: outcome.hole.step, reason: error.message }
  }
  const error = ImageDocError.fromJSON(outcome.error)
  scope.emit({ type: 'page-failed', step: step.id, page: item.page, error: outcome.error })
  return { type: 'failed', error }
}

/** Writes an outcome into the run's record. */
export async function recordOutcome(
  scope: RunScope,
  segment: Segment,
  at: { item: Item; outcome: PageOutcome; log: Log; read?: () => Promise<Uint8Array> },
): Promise<void> {
  if (!scope.pages || !segment.last.persisted) return
  const { item, outcome, log, read } = at
  const steps = log.steps.filter(({ outcome }) => outcome !== 'skipped').map(({ id, ms }) => ({ id, ms }))
  const record: PageRecord = { outcome, steps, diagnostics: log.diagnostics }
  await scope.pages.record(pageWork(segment, item), record, read ?? noBytes)
}

const noBytes = async (): Promise<Uint8Array> => {
  throw new ImageDocError('INTERNAL', 'An outcome without an artifact has no bytes.')
}

/** An artifact as the record keeps it; undefined while its bytes have no digest. */
export function doneOutcome(artifact: RunArtifact, ground: Ground): PageOutcome | undefined {
  const { kind, meta, fromBase, descriptor, origin, exact } = artifact
  if (!descriptor) return undefined
  return { done: { kind, meta, matrix: fromBase, descriptor, properties: propertiesBeyond(ground.base, origin.properties) }, exact }
}

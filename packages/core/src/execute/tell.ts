import type { Diagnostic } from '../artifact/diagnostic.ts'
import { type PageId, pageKey } from '../artifact/page-id.ts'
import { ImageDocError, toImageDocError } from '../errors/error.ts'
import { canonicalJson } from '../key/canonical-json.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import { type PlannedStep, runnerId, type Segment } from '../plan/plan.ts'
import { isInternal } from '../plugin/output-operations.ts'
import type { KeptDiagnostic } from '../ports/result-cache.ts'
import type { ItemResult, SegmentResult } from '../ports/step-runner.ts'
import type { RunContext } from './context.ts'
import type { Item } from './item.ts'
import { type Place, placesOf, unavailableAbove } from './kept-diagnostics.ts'
import type { Missing } from './made.ts'
import { stepOf } from './trail.ts'

/** The events of a run's work: whatever is told of a step and a page is told here. */

type Telling = Pick<RunContext, 'tally'>

/** What a segment took and reported on a page. */
export type Log = Pick<SegmentResult, 'steps' | 'diagnostics'>

/** Milliseconds of all its steps. */
export function tookMs({ steps }: { readonly steps: readonly { readonly ms: number }[] }): number {
  return Math.round(steps.reduce((sum, { ms }) => sum + ms, 0))
}

/** Tells of a diagnostic as this run's; what was told of the same step and page before is not told again. */
export function tellDiagnostic({ tally }: Telling, diagnostic: Diagnostic, { page, step }: { page: PageId; step: string }): void {
  const { code, severity, message, details } = diagnostic
  if (!tally.isFirst(canonicalJson([step, pageKey(page), code, severity, message, details ?? null]))) return
  tally.emit({ type: 'diagnostic', diagnostic: { ...diagnostic, page, step }, step, page })
}

/** Tells who runs the machine of a step that failed; `id` is what a runner calls it. No event holds the error's stack. */
export function tellStepFailure({ tally }: Telling, segment: Segment, at: { id: string; page: PageId; error: ImageDocError }): void {
  const { page, error } = at
  const { id, operation, plugin } = stepOf(segment, at.id) ?? segment.last.step
  tally.onFailure({ step: id, use: operation.name, plugin: { name: plugin.name, version: plugin.version }, page, error })
}

/** Tells once of what concerns the whole run. */
export function tellOfRun({ tally }: Telling, diagnostic: Diagnostic): void {
  if (tally.isFirst(canonicalJson([diagnostic.code, diagnostic.message]))) tally.emit({ type: 'diagnostic', diagnostic })
}

/** Tells of what a record keeps, as of the steps and pages of this run, and of the steps above it that have no engine here. */
export async function tellKept(run: RunContext, diagnostics: readonly KeptDiagnostic[], at: Place): Promise<void> {
  for (const { diagnostic, step, item } of await placesOf(run, diagnostics, at)) {
    tellDiagnostic(run, diagnostic, { page: item.page, step: step.id })
  }
  for (const { diagnostic, step, item } of await unavailableAbove(run, at)) {
    tellDiagnostic(run, diagnostic, { page: item.page, step: step.id })
  }
}

/** Tells how many pages a step takes apart. */
export function tellPages({ tally }: Telling, { id }: CompiledStep, pages: number): void {
  tally.emit({ type: 'pages-known', step: id, pages })
}

/** Tells that a step has handed a page on. */
export function tellHandedOn({ tally }: Telling, { id }: CompiledStep, page: PageId): void {
  tally.countDone(id, page)
  tally.emit({ type: 'page-done', step: id, page, ms: 0 })
}

/** Tells what a segment did on one page. */
export function tellResult(run: Telling, segment: Segment, at: { result: SegmentResult | ItemResult | Log; page: PageId }): void {
  const { result, page } = at
  const hole = 'hole' in result ? holeOf(segment, result) : undefined
  tellSteps(run, segment, { steps: result.steps.filter(({ id }) => id !== hole?.step), page })
  for (const diagnostic of result.diagnostics) {
    // A runner's names.
    const step = stepOf(segment, diagnostic.step ?? '') ?? segment.last.step
    tellDiagnostic(run, diagnostic, { page, step: step.id })
  }
  for (const { id, error } of result.steps) if (error) tellStepFailure(run, segment, { id, page, error })
  if (!hole) return
  tellStepFailure(run, segment, { id: hole.step, page, error: hole.error })
  tellHole(run, { ...hole, page })
}

/** Tells which steps of a segment were done on a page, and which handed it on. */
export function tellSteps(run: Telling, segment: Segment, { steps, page }: { steps: Log['steps']; page: PageId }): void {
  const { tally } = run
  for (const step of segment.skipped) tellPassed(run, step, page)
  const visible = new Set(segment.steps.filter(({ step }) => !isInternal(step.plugin)).map(({ step }) => runnerId(step)))
  for (const { id, ms, outcome } of steps) {
    if (!visible.has(id) || outcome === 'skipped') continue
    tally.countDone(id, page)
    tally.emit({ type: 'page-done', step: id, page, ms })
  }
}

/** The step, as its pipeline calls it, that a runner left out: the file of an output is part of the step that it is of. */
export function holeOf(segment: Segment, { hole }: Extract<SegmentResult, { hole: unknown }>): { step: string; error: ImageDocError } {
  return { step: stepOf(segment, hole.step)?.id ?? hole.step, error: placeByPage(segment, hole.error) }
}

/** Tells, once, of a page that a step hands on because its `perPage` says so. */
export function tellPassed({ tally }: Telling, { id }: CompiledStep, page: PageId): void {
  if (tally.isFirst(`passed ${id} ${pageKey(page)}`)) tally.emit({ type: 'page-passed', step: id, page })
}

/** Tells of a page that a step left out. */
export function tellHole({ tally }: Telling, { step, page, error }: { step: string; page: PageId; error: ImageDocError }): Missing {
  tally.emit({ type: 'page-skipped', step, page, error: error.toJSON() })
  return { type: 'hole', step, reason: error.message }
}

/** A step of which no engine can be used. */
export type Unavailable = Pick<PlannedStep, 'step'> & { readonly unavailable: Diagnostic }

/** Tells of a page that a step without an engine leaves out. */
export function tellUnavailable(run: Telling, { step, unavailable }: Unavailable, page: PageId): Missing {
  tellDiagnostic(run, unavailable, { page, step: step.id })
  const error = new ImageDocError('ENGINE_UNAVAILABLE', unavailable.message, { path: `steps[${step.index}]` })
  return tellHole(run, { step: step.id, page, error })
}

/** Whether a step of the segment has told of this page. */
export function isCounted({ tally }: Telling, { steps }: Segment, { page }: Item): boolean {
  return steps.some(({ step }) => tally.isCounted(step.id, page))
}

/**
 * Tells of a result that was taken from the cache. The file of an output counts for the step that it is of, and only when that step has nothing to
 * tell of the page itself: its pixels may be made again for another step.
 */
export function tellHit({ tally }: Telling, { id, plugin }: CompiledStep, at: { page: PageId; savedMs: number | undefined }): void {
  const hit = { step: id, ...at }
  if (isInternal(plugin)) tally.countHitLater(hit)
  else tally.countHit(hit)
}

/** Tells of a failure on one page: it counts for the step that the error's path names; the steps `before` it are done. */
export function tellFailure(
  run: Telling,
  segment: Segment,
  at: { error: unknown; page: PageId; before?: (id: string) => Log['steps'] },
): Extract<Missing, { type: 'failed' }> {
  const { page, before } = at
  const error = toImageDocError(at.error, 'INTERNAL')
  const index = Number(/^steps\[(\d+)\]/.exec(error.path ?? '')?.[1] ?? segment.last.step.index)
  const step = segment.steps.find((planned) => planned.step.index === index)?.step ?? segment.last.step
  tellSteps(run, segment, { steps: before?.(runnerId(step)) ?? [], page })
  const placed = error.path ? placeByPage(segment, error) : placeError(error, `steps[${step.index}]`)
  if (error.code !== 'CANCELLED') {
    run.tally.emit({ type: 'page-failed', step: step.id, page, error: placed.toJSON() })
    tellStepFailure(run, segment, { id: runnerId(step), page, error: placed })
  }
  return { type: 'failed', error: placed }
}

/** With the path of the entry of `perPage` that a parameter is from on this page. */
function placeByPage(segment: Segment, error: ImageDocError): ImageDocError {
  const [, index, name = '', rest = ''] = /^steps\[(\d+)\]\.with\.(\w+)(.*)$/.exec(error.path ?? '') ?? []
  const entry = segment.steps.find(({ step }) => step.index === Number(index))?.entryOf.get(name)
  return entry === undefined ? error : placeError(error, `steps[${index}].perPage[${entry}].with.${name}${rest}`)
}

function placeError(cause: ImageDocError, path: string): ImageDocError {
  const { code, message, retryable, details } = cause
  return new ImageDocError(code, message, { path, cause, retryable, ...(details === undefined ? {} : { details }) })
}

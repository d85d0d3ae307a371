import { compose } from '../artifact/matrix.ts'
import { ImageDocError, throwIfAborted } from '../errors/error.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { PlannedStep, Segment } from '../plan/plan.ts'
import type { SegmentResult } from '../ports/step-runner.ts'
import { segmentCall, segmentHooks } from './call.ts'
import {
  artifactOfFound,
  artifactOfValue,
  emitHit,
  emitHole,
  emitResult,
  failCell,
  type Keys,
  placeOf,
  publish,
  publishAlias,
  stepOfHole,
  tookMs,
} from './deliver.ts'
import { type Ground, groundOf } from './ground.ts'
import { actualKey, expectedKey } from './keys.ts'
import { originalsOf } from './originals.ts'
import { doneOutcome, recordable, recordedCell, recordHit, recordOutcome } from './pages.ts'
import { type Found, isFound } from './results.ts'
import type { Cell } from './run-artifact.ts'
import type { Item, RunScope } from './scope.ts'
import { cellOf, type SegmentInputs, segmentInputs, withInputs } from './segment-inputs.ts'
import { emitDiagnostic, emitKept } from './tell.ts'
import { keptOf, ofSegment } from './trail.ts'

/** The result of a step that ends a segment, for one page: from the cache, or computed. Made once a run. Rejects only when the run is cancelled. */
export function evaluate(scope: RunScope, step: CompiledStep, item: Item): Promise<Cell> {
  const known = item.cells.get(step)
  if (known) return known
  const cell = compute(scope, step, { item, lookUp: true })
  item.cells.set(step, cell)
  return cell
}

/** Takes a step's result from the cache if its key is known and it is there; computes nothing. */
export async function lookUp(scope: RunScope, step: CompiledStep, item: Item): Promise<boolean> {
  const planned = scope.plan.steps.get(step)
  if (!planned?.persisted || planned.unavailable || item.cells.has(step)) return item.cells.has(step)
  const ground = await groundOf(scope, step, item)
  const cell = await fromCache(scope, planned, { item, ground, recompute: () => compute(scope, step, { item, lookUp: false }) })
  if (cell) item.cells.set(step, Promise.resolve(cell))
  return cell !== undefined
}

async function fromCache(
  scope: RunScope,
  planned: PlannedStep,
  at: { item: Item; ground: Ground; recompute: () => Promise<Cell> },
): Promise<Cell | undefined> {
  const { item, ground, recompute } = at
  const key = await expectedKey(scope, planned.step, item)
  const found = key === undefined ? undefined : await scope.results.find(key)
  if (!found || 'items' in found.output) return undefined
  emitHit(scope, planned.step, { page: item.page, savedMs: found.record.ms })
  await emitKept(scope, found.diagnostics, { step: planned.step, item })
  const sources = await originalsOf(scope, planned.step, item)
  const artifact = artifactOfFound(scope, found, { ground, matrix: found.matrix, sources, recompute })
  const segment = scope.plan.segments.get(planned.step)
  if (segment) await recordHit(scope, segment, { item, artifact, ground })
  return { type: 'done', artifact }
}

async function compute(scope: RunScope, step: CompiledStep, at: { item: Item; lookUp: boolean }): Promise<Cell> {
  const { item, lookUp } = at
  throwIfAborted(scope.signal)
  const planned = scope.plan.steps.get(step)
  const segment = scope.plan.segments.get(step)
  if (!planned || !segment) throw new ImageDocError('INTERNAL', `"${step.id}" is not part of the plan.`)
  if (planned.unavailable) return withoutEngine(scope, planned, item)
  const ground = await groundOf(scope, step, item)
  const recompute = (): Promise<Cell> => compute(scope, step, { item, lookUp: false })
  const early = planned.persisted && lookUp ? await expectedKey(scope, step, item) : undefined
  const cached = early === undefined ? undefined : await fromCache(scope, planned, { item, ground, recompute })
  if (cached) return cached
  const recorded = planned.persisted && lookUp ? await recordedCell(scope, segment, { item, ground, recompute }) : undefined
  if (recorded) return recorded
  const inputs = await segmentInputs(scope, segment, item)
  if ('type' in inputs) return missingInput(scope, segment, { cell: inputs, item })
  const expected = inputs.exact && !inputs.holes ? await expectedKey(scope, step, item) : undefined
  const keys = {
    expected,
    actual: actualKey(segment, inputs, inputs.primary ? { ...inputs.primary.origin.properties } : undefined),
  }
  const again = planned.persisted && lookUp && keys.actual !== early && !inputs.holes ? await scope.results.find(keys.actual) : undefined
  if (again) return reuse(scope, { found: again, planned, inputs, keys, ground, item, recompute })
  return computeAlone(scope, segment, { item, inputs, keys, ground, recompute, lookUp })
}

/** A hit under the content's key although something above it changed. */
async function reuse(
  scope: RunScope,
  at: { found: Found; planned: PlannedStep; inputs: SegmentInputs; keys: Keys; ground: Ground; item: Item; recompute: () => Promise<Cell> },
): Promise<Cell> {
  const { planned, inputs, keys, ground, item } = at
  const segment = scope.plan.segments.get(planned.step)
  const { inKey, above } = inputs.trail
  // What the record has of the steps above was told by these in this run.
  const own = segment ? ofSegment(segment, at.found.record.diagnostics) : []
  const found = { ...at.found, diagnostics: [...own, ...inKey, ...above] }
  const direct = keys.actual === keys.expected
  // From the content's key the record's matrix leads to the segment's input; that input's own leads on.
  const base: Ground = direct ? ground : { ...ground, base: inputs.primary }
  const sources = [...inputs.sources]
  const artifact = artifactOfFound(scope, found, { ground: base, matrix: found.matrix, sources, recompute: at.recompute })
  const fromBase = direct || !inputs.primary ? artifact.fromBase : composeWith(inputs, found)
  const settled = { ...artifact, fromBase, exact: inputs.exact }
  emitHit(scope, planned.step, { page: item.page, savedMs: found.record.ms })
  await emitKept(scope, own, { step: planned.step, item })
  if (keys.expected !== undefined && !direct)
    await publishAlias(scope, { artifact: settled, keys: { actual: keys.actual, expected: keys.expected }, planned, ground, above })
  if (segment) await recordHit(scope, segment, { item, artifact: settled, ground })
  return { type: 'done', artifact: settled }
}

/** Single flight: one computes, whoever else wants the same key waits for it. */
async function computeAlone(
  scope: RunScope,
  segment: Segment,
  at: { item: Item; inputs: SegmentInputs; keys: Keys; ground: Ground; recompute: () => Promise<Cell>; lookUp: boolean },
): Promise<Cell> {
  const { item, inputs, keys, ground, lookUp } = at
  const planned = segment.last
  const shared = planned.persisted && lookUp && !inputs.holes && scope.results.caching
  const held = shared ? await scope.results.lease(keys.actual, scope.signal) : undefined
  if (held && isFound(held)) return reuse(scope, { found: held, planned, inputs, keys, ground, item, recompute: at.recompute })
  let published: Promise<void> = Promise.resolve()
  const watch = segmentHooks(scope, segment, { page: item.page, sources: inputs.sources })
  try {
    const call = segmentCall(scope, segment, { item, inputs })
    const result = await withInputs(inputs, () => scope.turn(planned, item.page, () => scope.runner.runSegment(call, watch.hooks)))
    emitResult(scope, segment, { result, item })
    const settled = await settle(scope, segment, { result, item, inputs, keys, ground, shared: shared || !lookUp })
    published = settled.published
    return settled.cell
  } catch (error) {
    throwIfAborted(scope.signal)
    const failed = failCell(scope, segment, { error, page: item.page, before: watch.before })
    if (failed.type === 'failed' && failed.error.code !== 'CANCELLED') {
      const outcome = { error: failed.error.toJSON() }
      await recordOutcome(scope, segment, { item, outcome })
    }
    return failed
  } finally {
    // Whoever waits for this page hears of it when it could not be written down; nobody may be waiting yet.
    published.catch(() => undefined)
    item.pending.push(published)
    // The result is used at once; who waits for the lease gets it when it is written. A page is not over before that: memory stays bounded.
    if (held) item.pending.push(published.finally(() => held[Symbol.asyncDispose]()).catch(() => undefined))
  }
}

async function settle(
  scope: RunScope,
  segment: Segment,
  at: { result: SegmentResult; item: Item; inputs: SegmentInputs; keys: Keys; ground: Ground; shared: boolean },
): Promise<{ cell: Cell; published: Promise<void> }> {
  const { result, item, inputs, keys, ground } = at
  if ('hole' in result) {
    const { error } = result.hole
    const step = stepOfHole(segment, result.hole.step)
    const told = { steps: result.steps, diagnostics: keptOf(segment, result.diagnostics) }
    const published = recordOutcome(scope, segment, { item, outcome: { hole: { step, error: error.toJSON() } }, told })
    return { cell: { type: 'hole', step, reason: error.message }, published }
  }
  const planned = segment.last
  // A result that stands on a step whose failure was passed over is not what its key says.
  const passed = result.steps.some((step) => step.outcome === 'passed')
  const place = placeOf(scope, planned)
  const keep = place === 'cache' && (passed || inputs.holes) ? 'scratch' : place
  const kept = await scope.results.keep(result.value, keep)
  const own = keptOf(segment, result.diagnostics)
  const artifact = artifactOfValue(result.value, {
    kept,
    ground,
    inputs,
    key: passed ? `passed ${keys.actual}` : keys.actual,
    exact: inputs.exact && !passed,
    own,
  })
  const shareable = at.shared && keep === 'cache' && !passed
  const written = shareable
    ? publish(scope, { artifact, kept, keys, planned, ground, inputs, value: result.value, own, ms: tookMs(result) })
    : kept.done.then(() => undefined)
  const outcome = doneOutcome(artifact, ground)
  const recorded = async (): Promise<void> => {
    await written
    const told = { steps: result.steps, diagnostics: recordable(segment, artifact) }
    if (outcome) await recordOutcome(scope, segment, { item, outcome, told, read: () => artifact.bytes() })
  }
  return { cell: { type: 'done', artifact }, published: recorded() }
}

/** A step whose engine cannot be used, and that may be left out. */
async function withoutEngine(scope: RunScope, planned: PlannedStep, item: Item): Promise<Cell> {
  const { step, unavailable } = planned
  const message = unavailable?.message ?? 'No engine can be used.'
  const [first] = step.bindings
  // What would have been gathered is left alone.
  const input = first && !first.spec.many ? await cellOf(scope, first, first.from.domain.parent === null ? scope.root : item) : undefined
  if (input?.type === 'failed') return input
  if (unavailable) emitDiagnostic(scope, unavailable, { page: item.page, step: step.id })
  if (step.definition.onError === 'pass' && input) return input
  emitHole(scope, {
    step: step.id,
    page: item.page,
    error: new ImageDocError('ENGINE_UNAVAILABLE', message, { path: `steps[${step.index}]` }),
  })
  return { type: 'hole', step: step.id, reason: message }
}

/** What becomes of a segment whose input is not there: a step that refuses holes has failed of its own, the others follow what is above them. */
function missingInput(scope: RunScope, segment: Segment, at: { cell: Exclude<Cell, { type: 'done' }>; item: Item }): Cell {
  const { cell, item } = at
  const own = cell.type === 'failed' && (cell.error.code === 'HOLES_REFUSED' || cell.error.code === 'PAGES_MISMATCH')
  if (!own) return cell
  const { step } = segment.last
  if (step.definition.onError === 'skip' || step.definition.onError === 'pass') {
    emitHole(scope, { step: step.id, page: item.page, error: cell.error })
    return { type: 'hole', step: step.id, reason: cell.error.message }
  }
  return failCell(scope, segment, { error: cell.error, page: item.page })
}

function composeWith(inputs: SegmentInputs, found: Found): ReturnType<typeof compose> {
  return compose(inputs.primary?.fromBase ?? null, found.matrix)
}

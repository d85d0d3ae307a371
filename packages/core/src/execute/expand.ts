import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Descriptor } from '../artifact/digest.ts'
import { ImageDocError, isImageDocError, throwIfAborted } from '../errors/error.ts'
import { itemKey } from '../key/result-key.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { Segment } from '../plan/plan.ts'
import type { KeptDiagnostic, ResultRecord, StoredArtifact } from '../ports/result-cache.ts'
import type { PageOutcome } from '../ports/run-pages.ts'
import type { ItemResult, KeptValue, OpenExpansion } from '../ports/step-runner.ts'
import { runnerId, segmentCall, segmentHooks, ttlOf } from './call.ts'
import { artifactOfValue, emitHit, emitHole, emitResult, failCell, type Keys, type Log, placeOf, tookMs } from './deliver.ts'
import { beyond, endsProperties, type Ground, groundOf } from './ground.ts'
import { pageIdsOf } from './items.ts'
import { actualKey, expectedKey } from './keys.ts'
import { asBase, type Entry, itemArtifact, itemsOfManifest, type ManifestOf, publishManifest, publishManifestAlias } from './manifest.ts'
import { originalsOf } from './originals.ts'
import { findRecorded, foundIn, isWanted, missingCell, recordOutcome, type Told } from './pages.ts'
import { type Found, isFound } from './results.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import { createItem, type Expansion, type Item, type RunScope } from './scope.ts'
import { type SegmentInputs, segmentInputs, withInputs } from './segment-inputs.ts'
import { emitDiagnostic, emitKept } from './tell.ts'
import { keptOf, ofSegment } from './trail.ts'

/** The items of an expansion if its manifest is in the cache; undefined otherwise. */
export async function knownExpansion(scope: RunScope, step: CompiledStep, parent: Item): Promise<Expansion | undefined> {
  const planned = scope.plan.steps.get(step)
  if (!planned?.persisted || planned.unavailable) return undefined
  const key = await expectedKey(scope, step, parent)
  const found = key === undefined ? undefined : await scope.results.find(key)
  if (!found || !('items' in found.output)) return undefined
  const ground = await groundOf(scope, step, parent)
  const sources = await originalsOf(scope, step, parent)
  return itemsOfManifest(scope, found, { step, parent, ground, sources, recompute: (index) => again(scope, { step, parent, index }) })
}

/** The items of an expansion: from its manifest, or from the operation, each made when it is asked for. */
export async function expand(scope: RunScope, step: CompiledStep, parent: Item): Promise<Expansion> {
  throwIfAborted(scope.signal)
  const known = await knownExpansion(scope, step, parent)
  if (known) return known
  const planned = scope.plan.steps.get(step)
  const segment = scope.plan.segments.get(step)
  if (!planned || !segment) throw new ImageDocError('INTERNAL', `"${step.id}" is not part of the plan.`)
  if (planned.unavailable) return withoutEngine(scope, { step, parent, unavailable: planned.unavailable })
  const inputs = await segmentInputs(scope, segment, parent)
  if ('type' in inputs) return inputs.type === 'failed' ? inputs : { type: 'hole', step: inputs.step, reason: inputs.reason }
  const properties = inputs.primary ? { ...inputs.primary.origin.properties } : undefined
  const keys: Keys = { expected: await expectedKey(scope, step, parent), actual: actualKey(segment, inputs, properties) }
  const of: ManifestOf = { planned, parent, inputs, keys }
  const ground: Ground = { base: inputs.primary, page: parent.page, isBare: endsProperties(step) }
  const found = planned.persisted && keys.actual !== keys.expected ? await scope.results.find(keys.actual) : undefined
  if (found && 'items' in found.output) {
    await publishManifestAlias(scope, of)
    const sources = [...inputs.sources]
    const diagnostics = ofSegment(segment, found.record.diagnostics)
    return itemsOfManifest(
      scope,
      { ...found, diagnostics },
      { step, parent, ground, sources, recompute: (index) => again(scope, { step, parent, index }) },
    )
  }
  const watch = segmentHooks(scope, segment, { page: parent.page, sources: inputs.sources })
  try {
    const call = segmentCall(scope, segment, { item: parent, inputs })
    const open = await withInputs(inputs, () => scope.turn(planned, parent.page, () => scope.runner.openExpansion(call, watch.hooks)))
    return await openedItems(scope, { ...of, segment, open, passed: open.steps.some((entry) => entry.outcome === 'passed') })
  } catch (error) {
    throwIfAborted(scope.signal)
    // The runner has answered what this step may skip; an error from here, as too many pages, is this step's too.
    const own = isImageDocError(error) && error.path?.startsWith(`steps[${step.index}]`) === true
    if (own && step.definition.onError === 'skip') return skipped(scope, { step, parent, error })
    const cell = failCell(scope, segment, { error, page: parent.page, before: watch.before })
    return cell.type === 'failed' ? cell : { type: 'hole', step: step.id, reason: '' }
  }
}

function withoutEngine(scope: RunScope, at: { step: CompiledStep; parent: Item; unavailable: Diagnostic }): Expansion {
  const { step, parent, unavailable } = at
  emitDiagnostic(scope, unavailable, { page: parent.page, step: step.id })
  const error = new ImageDocError('ENGINE_UNAVAILABLE', unavailable.message, { path: `steps[${step.index}]` })
  return skipped(scope, { step, parent, error })
}

function skipped(scope: RunScope, { step, parent, error }: { step: CompiledStep; parent: Item; error: ImageDocError }): Expansion {
  emitHole(scope, { step: step.id, page: parent.page, error })
  return { type: 'hole', step: step.id, reason: error.message }
}

/** One item made again, because its bytes were lost although its record was there. */
async function again(scope: RunScope, { step, parent, index }: { step: CompiledStep; parent: Item; index: number }): Promise<Cell> {
  const segment = scope.plan.segments.get(step)
  if (!segment) throw new ImageDocError('INTERNAL', `"${step.id}" is not part of the plan.`)
  const inputs = await segmentInputs(scope, segment, parent)
  if ('type' in inputs) return inputs
  const { hooks } = segmentHooks(scope, segment, { page: parent.page, sources: inputs.sources })
  const call = segmentCall(scope, segment, { item: parent, inputs })
  const open = await withInputs(inputs, () => scope.runner.openExpansion(call, hooks))
  try {
    // Without `has`: what is stored is what was lost.
    const { has: _, ...asking } = hooks
    const result = await withInputs(inputs, () => open.at(index, asking))
    if ('kept' in result) throw new ImageDocError('INTERNAL', 'A runner left out bytes that nobody said were stored.')
    if ('hole' in result) return { type: 'hole', step: result.hole.step, reason: result.hole.error.message }
    const kept = await scope.results.keep(result.value, 'cache')
    const ground: Ground = { base: inputs.primary, page: parent.page, isBare: endsProperties(step) }
    return { type: 'done', artifact: artifactOfValue(result.value, { kept, ground, inputs, key: '', exact: true, own: [] }) }
  } finally {
    await open[Symbol.asyncDispose]()
  }
}

interface Opened extends ManifestOf {
  segment: Segment
  open: OpenExpansion
  /** A step above it failed and was passed over: what comes out is not what the keys say. */
  passed: boolean
}

type AtItem = Opened & { index: number; item: Item }

async function openedItems(scope: RunScope, opened: Opened): Promise<Expansion> {
  const { planned, segment, parent, open, passed } = opened
  const { step } = planned
  scope.open.push(open)
  if (open.length > scope.limits.pages) {
    await open[Symbol.asyncDispose]()
    const message = `There are ${open.length} pages; the limit is ${scope.limits.pages}. Choose fewer pages, or raise the limit.`
    throw new ImageDocError('TOO_MANY_PAGES', message, { path: `steps[${step.index}]` })
  }
  // The expanding step counts item by item.
  const above = open.steps.filter((entry) => entry.id !== runnerId(step))
  emitResult(scope, segment, { result: { steps: above, diagnostics: open.diagnostics }, item: parent })
  scope.emit({ type: 'pages-known', step: step.id, pages: open.length })
  const pages = await pageIdsOf(scope, step, { parent, length: open.length })
  const entries = new Map<number, Entry>()
  const items: Item[] = pages.map((page, index) => {
    let cell: Promise<Cell> | undefined
    const base = (): Promise<Cell> => {
      cell ??= makeItem(scope, { ...opened, index, item: item as Item }).then(async (made) => {
        if (made.entry) entries.set(index, made.entry)
        if (entries.size === open.length && !passed)
          await publishManifest(scope, opened, { entries, diagnostics: keptOf(segment, open.diagnostics) })
        if (entries.size === open.length) await open[Symbol.asyncDispose]()
        return made.cell
      })
      return cell
    }
    const item: Item = createItem({ domain: step.domain, parent, index, page, base })
    return item
  })
  return { items }
}

interface MadeItem {
  cell: Cell
  entry?: Entry
}

/** One item: from the cache under the expansion's key and its position, or from the operation. */
async function makeItem(scope: RunScope, at: AtItem): Promise<MadeItem> {
  const { planned, segment, inputs, keys, open, index, item, passed } = at
  throwIfAborted(scope.signal)
  const key = itemKey(keys.actual, index)
  const shared = planned.persisted && inputs.exact && !passed && scope.results.caching
  const made = scope.pages?.items ? await itemMadeElsewhere(scope, at, key) : undefined
  if (made) return made
  const held = shared ? await scope.results.lease(key, scope.signal) : undefined
  if (held && isFound(held)) return itemOfFound(scope, held, at)
  const watch = segmentHooks(scope, segment, { page: item.page, sources: inputs.sources })
  const asks = shared && placeOf(scope, planned) === 'cache'
  try {
    const { has, ...hooks } = watch.hooks
    const asking = asks && has ? { ...hooks, has } : hooks
    const result = await withInputs(inputs, () => scope.turn(planned, item.page, () => open.at(index, asking)))
    emitResult(scope, segment, { result, item })
    if ('hole' in result) {
      const { step, error } = result.hole
      await recordItem(scope, at, { outcome: { hole: { step, error: error.toJSON() } }, told: toldOf(segment, result) })
      return { cell: { type: 'hole', step, reason: error.message } }
    }
    return await keepItem(scope, at, { result, shared, key: passed ? `passed ${key}` : key })
  } catch (error) {
    throwIfAborted(scope.signal)
    const cell = failCell(scope, segment, { error, page: item.page, before: watch.before })
    if (cell.type === 'failed') await recordItem(scope, at, { outcome: { error: cell.error.toJSON() } })
    return { cell }
  } finally {
    if (held) await held[Symbol.asyncDispose]().then(undefined, () => undefined)
  }
}

/** From the cache or the run's record, before this run takes the right to make it: whoever makes it elsewhere needs that. */
async function itemMadeElsewhere(scope: RunScope, at: AtItem, key: string): Promise<MadeItem | undefined> {
  const { segment, item } = at
  const found = await scope.results.find(key)
  if (found) return itemOfFound(scope, found, at)
  const recorded = await findRecorded(scope, segment, item)
  if (!recorded) return undefined
  const { outcome, diagnostics, steps } = recorded
  if (!('done' in outcome)) return { cell: missingCell(scope, segment, { outcome, item }) }
  const artifact = artifactOfItem(scope, foundIn(outcome.done, diagnostics), at)
  return {
    entry: { stored: outcome.done, diagnostics, ms: tookMs({ steps: steps.map((step) => ({ ...step, outcome: 'done' })) }) },
    cell: { type: 'done', artifact },
  }
}

async function recordItem(
  scope: RunScope,
  { segment, item }: AtItem,
  made: { outcome: PageOutcome; told?: Told; read?: () => Promise<Uint8Array> },
): Promise<void> {
  if (scope.pages?.items) await recordOutcome(scope, segment, { item, ...made })
}

async function itemOfFound(scope: RunScope, found: Found, at: AtItem): Promise<MadeItem> {
  const { planned, segment, item } = at
  if ('items' in found.output) throw new ImageDocError('INTERNAL', 'An item of an expansion is kept as a manifest.')
  const { step } = planned
  const { diagnostics } = found.record
  emitHit(scope, step, { page: item.page, savedMs: found.record.ms })
  await emitKept(scope, diagnostics, { step, item })
  const artifact = artifactOfItem(scope, found, at)
  if (isWanted(scope, segment, item)) {
    const told = { diagnostics }
    await recordItem(scope, at, { outcome: { done: found.output, exact: true }, told, read: () => artifact.bytes() })
  }
  return { entry: { stored: found.output, diagnostics, ms: found.record.ms ?? 0 }, cell: { type: 'done', artifact } }
}

function artifactOfItem(scope: RunScope, found: Found, { planned, inputs, parent, item, index }: AtItem): RunArtifact {
  const recompute = (): Promise<Cell> => again(scope, { step: planned.step, parent, index })
  const ground = { base: inputs.primary, page: item.page, isBare: endsProperties(planned.step) }
  return itemArtifact(scope, found, { ground, index, sources: [...inputs.sources], recompute })
}

type MadeResult = Exclude<ItemResult, { hole: unknown }>

async function keepItem(scope: RunScope, at: AtItem, made: { result: MadeResult; shared: boolean; key: string }): Promise<MadeItem> {
  const { planned, segment, inputs, item, passed } = at
  const { result, shared, key } = made
  if ('kept' in result) return keptItem(scope, at, { result, key })
  const { value } = result
  const told = toldOf(segment, result)
  const ms = tookMs(result)
  const kept = await scope.results.keep(value, shared ? placeOf(scope, planned) : 'scratch')
  const ground: Ground = { base: inputs.primary, page: item.page, isBare: endsProperties(planned.step) }
  const artifact = artifactOfValue(value, { kept, ground, inputs, key, exact: inputs.exact && !passed, own: told.diagnostics })
  const cell: Cell = { type: 'done', artifact: asBase(artifact) }
  if (!shared || !kept.descriptor || !(await kept.done)) return { cell }
  const stored = storedItem(value, inputs, { descriptor: kept.descriptor, inline: kept.inline })
  await scope.results.publish(key, itemRecord(at, stored, { ms, diagnostics: told.diagnostics }), ttlOf(planned))
  await recordItem(scope, at, { outcome: { done: stored, exact: true }, told, read: () => artifact.bytes() })
  return { cell, entry: { stored, diagnostics: told.diagnostics, ms } }
}

/** An item whose bytes the cache had already: those of a page that is the same in another document. */
async function keptItem(
  scope: RunScope,
  at: AtItem,
  made: { result: Extract<MadeResult, { kept: unknown }>; key: string },
): Promise<MadeItem> {
  const { planned, segment, inputs } = at
  const { kept } = made.result
  const told = toldOf(segment, made.result)
  const { diagnostics } = told
  const ms = tookMs(made.result)
  const stored = storedItem(kept, inputs, { descriptor: kept.descriptor, inline: undefined })
  const record = itemRecord(at, stored, { ms, diagnostics })
  await scope.results.publish(made.key, record, ttlOf(planned))
  const artifact = artifactOfItem(scope, foundIn(stored, diagnostics), at)
  await recordItem(scope, at, { outcome: { done: stored, exact: true }, told, read: () => artifact.bytes() })
  return { entry: { stored, diagnostics, ms }, cell: { type: 'done', artifact } }
}

function storedItem(
  { kind, meta, matrix, properties, size }: Omit<KeptValue, 'descriptor'>,
  inputs: SegmentInputs,
  { descriptor, inline }: { descriptor: Descriptor; inline: Uint8Array | undefined },
): StoredArtifact {
  return { kind, meta, matrix, descriptor, ...beyond(inputs.primary, { properties, size: size ?? null }), ...(inline ? { inline } : {}) }
}

function itemRecord(
  { planned, inputs }: Opened,
  output: StoredArtifact,
  made: { ms: number; diagnostics: readonly KeptDiagnostic[] },
): ResultRecord {
  const fingerprint = planned.chosen?.fingerprint ?? null
  return { schemaVersion: 2, output, ...made, fingerprint, sources: [...inputs.sources], createdAt: new Date().toISOString() }
}

function toldOf(segment: Segment, { steps, diagnostics }: Log): Required<Told> {
  return { steps, diagnostics: keptOf(segment, diagnostics) }
}

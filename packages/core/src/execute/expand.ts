import { compose, identity } from '../artifact/matrix.ts'
import { ImageDocError, isImageDocError, throwIfAborted } from '../errors/error.ts'
import { itemKey } from '../key/result-key.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { PlannedStep, Segment } from '../plan/plan.ts'
import { isResultRecord, type StoredArtifact, type StoredItems } from '../ports/result-cache.ts'
import type { OpenExpansion, SegmentValue } from '../ports/step-runner.ts'
import { segmentCall, segmentHooks, ttlOf } from './call.ts'
import { artifactOfFound, artifactOfValue, emitHit, emitHole, emitResult, failCell, type Ground, type Keys, placeOf } from './deliver.ts'
import { groundOf } from './evaluate.ts'
import { pageIdsOf } from './items.ts'
import { actualKey, expectedKey } from './keys.ts'
import type { Found } from './results.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import { createItem, type Expansion, type Item, type RunScope } from './scope.ts'
import { type SegmentInputs, segmentInputs } from './segment-inputs.ts'

/** The items of an expansion if its manifest is in the cache; undefined otherwise. */
export async function knownExpansion(scope: RunScope, step: CompiledStep, parent: Item): Promise<Expansion | undefined> {
  const planned = scope.plan.steps.get(step)
  if (!planned?.persisted || planned.unavailable) return undefined
  const key = await expectedKey(scope, step, parent)
  const found = key === undefined ? undefined : await scope.results.find(key)
  if (!found || !('items' in found.output)) return undefined
  return itemsOfManifest(scope, { step, parent, found, ground: await groundOf(scope, step, parent) })
}

/** The items of an expansion: from its manifest, or from the operation, each made when it is asked for. */
export async function expand(scope: RunScope, step: CompiledStep, parent: Item): Promise<Expansion> {
  throwIfAborted(scope.signal)
  const known = await knownExpansion(scope, step, parent)
  if (known) return known
  const planned = scope.plan.steps.get(step)
  const segment = scope.plan.segments.get(step)
  if (!planned || !segment) throw new ImageDocError('INTERNAL', `"${step.id}" is not part of the plan.`)
  if (planned.unavailable) return hole(scope, { step, parent, message: planned.unavailable.message })
  const inputs = await segmentInputs(scope, segment, parent)
  if ('type' in inputs) return inputs.type === 'failed' ? inputs : { type: 'hole', step: inputs.step, reason: inputs.reason }
  const keys: Keys = { expected: await expectedKey(scope, step, parent), actual: actualKey(segment, inputs.identities, undefined) }
  const ground: Ground = { base: inputs.primary, page: parent.page }
  const found = planned.persisted && keys.actual !== keys.expected ? await scope.results.find(keys.actual) : undefined
  if (found && 'items' in found.output) {
    await publishManifestAlias(scope, { keys, planned, inputs })
    return itemsOfManifest(scope, { step, parent, found, ground })
  }
  try {
    const open = await scope.runner.openExpansion(
      segmentCall(scope, segment, { item: parent, inputs }),
      segmentHooks(scope, segment, parent),
    )
    return await openedItems(scope, { planned, segment, parent, inputs, keys, open })
  } catch (error) {
    throwIfAborted(scope.signal)
    if (step.definition.onError === 'skip')
      return hole(scope, { step, parent, message: error instanceof Error ? error.message : String(error), error })
    const cell = failCell(scope, segment, { error, page: parent.page })
    return cell.type === 'failed' ? cell : { type: 'hole', step: step.id, reason: '' }
  }
}

function hole(scope: RunScope, at: { step: CompiledStep; parent: Item; message: string; error?: unknown }): Expansion {
  const error = isImageDocError(at.error)
    ? at.error
    : new ImageDocError('ENGINE_UNAVAILABLE', at.message, { path: `steps[${at.step.index}]` })
  emitHole(scope, { step: at.step.id, page: at.parent.page, error })
  return { type: 'hole', step: at.step.id, reason: at.message }
}

async function itemsOfManifest(
  scope: RunScope,
  at: { step: CompiledStep; parent: Item; found: Found; ground: Ground },
): Promise<Expansion> {
  const { step, parent, found, ground } = at
  const stored = (found.output as StoredItems).items
  const pages = await pageIdsOf(scope, step, { parent, length: stored.length })
  const items = pages.map((page, index) => {
    const entry = stored[index] as StoredArtifact
    let cell: Promise<Cell> | undefined
    const base = (): Promise<Cell> => {
      const item: Found = { ...found, output: entry, matrix: compose(found.matrix, entry.matrix), properties: entry.properties ?? {} }
      cell ??= Promise.resolve({
        type: 'done',
        artifact: itemArtifact(scope, { found: item, ground: { ...ground, page }, step, parent, index }),
      })
      return cell
    }
    return createItem({ domain: step.domain, parent, index, page, base })
  })
  scope.emit({ type: 'pages-known', step: step.id, pages: items.length })
  for (const item of items) emitHit(scope, step, { page: item.page, diagnostics: [] })
  return { items }
}

function itemArtifact(scope: RunScope, at: { found: Found; ground: Ground; step: CompiledStep; parent: Item; index: number }): RunArtifact {
  const { found, ground } = at
  return asBase(artifactOfFound(scope, found, { ground, matrix: found.matrix, recompute: () => again(scope, at) }))
}

/** An item starts new coordinates: what stands below it is keyed from its own content. */
function asBase(artifact: RunArtifact): RunArtifact {
  return { ...artifact, fromBase: identity }
}

/** One item made again, because its bytes were lost although the manifest was there. */
async function again(scope: RunScope, { step, parent, index }: { step: CompiledStep; parent: Item; index: number }): Promise<Cell> {
  const segment = scope.plan.segments.get(step)
  if (!segment) throw new ImageDocError('INTERNAL', `"${step.id}" is not part of the plan.`)
  const inputs = await segmentInputs(scope, segment, parent)
  if ('type' in inputs) return inputs
  const open = await scope.runner.openExpansion(segmentCall(scope, segment, { item: parent, inputs }), segmentHooks(scope, segment, parent))
  try {
    const result = await open.at(index, segmentHooks(scope, segment, parent))
    if ('hole' in result) return { type: 'hole', step: result.hole.step, reason: result.hole.error.message }
    const kept = await scope.results.keep(result.value, 'cache')
    return {
      type: 'done',
      artifact: artifactOfValue(result.value, { kept, ground: { base: inputs.primary, page: parent.page }, inputs, key: '', exact: true }),
    }
  } finally {
    await open[Symbol.asyncDispose]()
  }
}

interface Opened {
  planned: PlannedStep
  segment: Segment
  parent: Item
  inputs: SegmentInputs
  keys: Keys
  open: OpenExpansion
}

async function openedItems(scope: RunScope, opened: Opened): Promise<Expansion> {
  const { planned, parent, open } = opened
  const { step } = planned
  scope.open.push(open)
  if (open.length > scope.limits.pages) {
    await open[Symbol.asyncDispose]()
    throw new ImageDocError(
      'TOO_MANY_PAGES',
      `There are ${open.length} pages; the limit is ${scope.limits.pages}. Choose fewer pages, or raise the limit.`,
      { path: `steps[${step.index}]` },
    )
  }
  scope.emit({ type: 'pages-known', step: step.id, pages: open.length })
  const pages = await pageIdsOf(scope, step, { parent, length: open.length })
  const stored = new Map<number, StoredArtifact>()
  const items: Item[] = pages.map((page, index) => {
    let cell: Promise<Cell> | undefined
    const base = (): Promise<Cell> => {
      cell ??= makeItem(scope, { ...opened, index, item: item as Item }).then(async (made) => {
        if (made.entry) stored.set(index, made.entry)
        if (stored.size === open.length) await publishManifest(scope, opened, stored)
        return made.cell
      })
      return cell
    }
    const item: Item = createItem({ domain: step.domain, parent, index, page, base })
    return item
  })
  return { items }
}

/** One item: from the cache under the expansion's key and its position, or from the operation. */
async function makeItem(scope: RunScope, at: Opened & { index: number; item: Item }): Promise<{ cell: Cell; entry?: StoredArtifact }> {
  const { planned, segment, inputs, keys, open, index, item } = at
  throwIfAborted(scope.signal)
  const key = itemKey(keys.actual, index)
  const ground: Ground = { base: inputs.primary, page: item.page }
  const shared = planned.persisted && inputs.exact && scope.results.caching
  const found = shared ? await scope.results.find(key) : undefined
  if (found && !('items' in found.output)) {
    const entry = found.output
    emitHit(scope, planned.step, { page: item.page, diagnostics: found.record.diagnostics })
    return { entry, cell: { type: 'done', artifact: itemArtifact(scope, { found, ground, step: planned.step, parent: at.parent, index }) } }
  }
  const held = shared ? await scope.results.lease(key, scope.signal) : undefined
  try {
    const result = await open.at(index, segmentHooks(scope, segment, item))
    emitResult(scope, segment, { result, item })
    if ('hole' in result) return { cell: { type: 'hole', step: result.hole.step, reason: result.hole.error.message } }
    const kept = await scope.results.keep(result.value, placeOf(scope, planned))
    const artifact = artifactOfValue(result.value, { kept, ground, inputs, key, exact: inputs.exact })
    const entry = entryOf(result.value, kept.descriptor, kept.inline)
    if (shared && entry && (await kept.done)) {
      const record = {
        schemaVersion: 1 as const,
        output: entry,
        diagnostics: result.diagnostics,
        fingerprint: planned.chosen?.fingerprint ?? null,
        sources: artifact.sources,
        createdAt: new Date().toISOString(),
      }
      await scope.results.publish(key, record, ttlOf(planned))
    }
    return { cell: { type: 'done', artifact: asBase(artifact) }, ...(shared && entry ? { entry } : {}) }
  } catch (error) {
    throwIfAborted(scope.signal)
    return { cell: failCell(scope, segment, { error, page: item.page }) }
  } finally {
    if (held && !isResultRecord(held)) await held[Symbol.asyncDispose]().then(undefined, () => undefined)
  }
}

function entryOf(
  value: SegmentValue,
  descriptor: StoredArtifact['descriptor'] | undefined,
  inline: Uint8Array | undefined,
): StoredArtifact | undefined {
  if (!descriptor) return undefined
  const { kind, meta, matrix, properties } = value
  return { kind, meta, matrix, descriptor, properties, ...(inline ? { inline } : {}) }
}

async function publishManifest(
  scope: RunScope,
  { planned, keys, inputs, open }: Opened,
  stored: ReadonlyMap<number, StoredArtifact>,
): Promise<void> {
  // A manifest under the expected key is read as one that starts from its base.
  if (keys.expected === keys.actual && inputs.primary?.fromBase !== identity) return
  const items = Array.from({ length: open.length }, (_, index) => stored.get(index) as StoredArtifact)
  const record = {
    schemaVersion: 1 as const,
    output: { items },
    diagnostics: [],
    fingerprint: planned.chosen?.fingerprint ?? null,
    sources: [...inputs.sources],
    createdAt: new Date().toISOString(),
  }
  await scope.results.publish(keys.actual, record, ttlOf(planned))
  await publishManifestAlias(scope, { keys, planned, inputs })
  await open[Symbol.asyncDispose]()
}

async function publishManifestAlias(
  scope: RunScope,
  { keys, planned, inputs }: Pick<Opened, 'keys' | 'planned' | 'inputs'>,
): Promise<void> {
  if (keys.expected === undefined || keys.expected === keys.actual || !inputs.exact) return
  const record = {
    schemaVersion: 1 as const,
    output: { alias: keys.actual, matrix: inputs.primary?.fromBase ?? null },
    diagnostics: [],
    fingerprint: planned.chosen?.fingerprint ?? null,
    sources: [...inputs.sources],
    createdAt: new Date().toISOString(),
  }
  await scope.results.publish(keys.expected, record, ttlOf(planned))
}

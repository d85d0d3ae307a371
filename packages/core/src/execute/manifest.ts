import type { Digest } from '../artifact/digest.ts'
import { compose, identity } from '../artifact/matrix.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { PlannedStep } from '../plan/plan.ts'
import type { KeptDiagnostic, ResultRecord, StoredArtifact, StoredItems } from '../ports/result-cache.ts'
import { ttlOf } from './call.ts'
import { artifactOfFound, emitHit, type Keys } from './deliver.ts'
import { beyond, type Ground, groundOf } from './ground.ts'
import { pageIdsOf } from './items.ts'
import type { Found } from './results.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import { createItem, type Expansion, type Item, type RunScope } from './scope.ts'
import type { SegmentInputs } from './segment-inputs.ts'
import { emitKept } from './tell.ts'
import { fits, noTrail } from './trail.ts'

/** One item as a manifest names it. */
export interface Entry {
  stored: StoredArtifact
  /** Of the expanding step, about this item. */
  diagnostics: readonly KeptDiagnostic[]
  ms: number
}

/** Whose manifest it is. */
export interface ManifestOf {
  planned: PlannedStep
  parent: Item
  inputs: SegmentInputs
  keys: Keys
}

type Recompute = (index: number) => Promise<Cell>

/** The items that a manifest names; each is made again by `recompute` when its bytes are gone. */
export async function itemsOfManifest(
  scope: RunScope,
  found: Found,
  at: { step: CompiledStep; parent: Item; ground: Ground; sources: readonly Digest[]; recompute: Recompute },
): Promise<Expansion> {
  const { step, parent, ground, sources, recompute } = at
  const stored = (found.output as StoredItems).items
  const pages = await pageIdsOf(scope, step, { parent, length: stored.length })
  const items = pages.map((page, index) => {
    const output = stored[index] as StoredArtifact
    let cell: Promise<Cell> | undefined
    const base = (): Promise<Cell> => {
      const properties = { ...found.properties, ...output.properties }
      const matrix = compose(found.matrix, output.matrix)
      const item: Found = { ...found, output, matrix, properties, size: found.size ?? output.size }
      cell ??= Promise.resolve({
        type: 'done',
        artifact: itemArtifact(scope, item, { ground: { ...ground, page }, index, sources, recompute }),
      })
      return cell
    }
    return createItem({ domain: step.domain, parent, index, page, base })
  })
  scope.emit({ type: 'pages-known', step: step.id, pages: items.length })
  const { ms } = found.record
  const savedMs = ms === undefined ? undefined : ms / stored.length
  for (const item of items) emitHit(scope, step, { page: item.page, savedMs })
  await emitManifest(scope, found.diagnostics, { step, parent, items })
  return { items }
}

async function emitManifest(
  scope: RunScope,
  diagnostics: readonly KeptDiagnostic[],
  { step, parent, items }: { step: CompiledStep; parent: Item; items: readonly Item[] },
): Promise<void> {
  const opening = diagnostics.filter(({ item }) => item === undefined)
  await emitKept(scope, opening, { step, item: parent })
  for (const diagnostic of diagnostics) {
    const item = diagnostic.item === undefined ? undefined : items[diagnostic.item]
    if (item) await emitKept(scope, [diagnostic], { step, item })
  }
}

/** The artifact of one item that was found. */
export function itemArtifact(
  scope: RunScope,
  found: Found,
  at: { ground: Ground; index: number; sources: readonly Digest[]; recompute: Recompute },
): RunArtifact {
  const { ground, index, sources, recompute } = at
  return asBase(artifactOfFound(scope, found, { ground, matrix: found.matrix, sources, recompute: () => recompute(index) }))
}

/** An item starts new coordinates: what stands below it is keyed from its own content. */
export function asBase(artifact: RunArtifact): RunArtifact {
  return { ...artifact, fromBase: identity, trail: noTrail }
}

/** Keeps the list of an expansion's items under its key, and a pointer to it under the key that was expected. */
export async function publishManifest(
  scope: RunScope,
  of: ManifestOf,
  content: { entries: ReadonlyMap<number, Entry>; diagnostics: readonly KeptDiagnostic[] },
): Promise<void> {
  const { planned, keys, inputs } = of
  // A manifest under the expected key is read as one that starts from its base.
  if (keys.expected === keys.actual && inputs.primary?.fromBase !== identity) return
  const entries = [...content.entries].sort(([a], [b]) => a - b)
  const { inKey } = inputs.trail
  if (!fits(inKey)) return
  // The items' page ids depend on where the expansion stands, so here their position tells whose diagnostic it is.
  const diagnostics = entries.flatMap(([item, entry]) => entry.diagnostics.map((diagnostic) => ({ ...diagnostic, item })))
  const output = { items: entries.map(([, entry]) => entry.stored) }
  const ms = entries.reduce((sum, [, entry]) => sum + entry.ms, 0)
  const record = recordOf(of, output, [...content.diagnostics, ...inKey, ...diagnostics])
  await scope.results.publish(keys.actual, { ...record, ms }, ttlOf(planned))
  await publishManifestAlias(scope, of)
}

/** From the key that was expected to the manifest's. */
export async function publishManifestAlias(scope: RunScope, of: ManifestOf): Promise<void> {
  const { planned, parent, keys, inputs } = of
  const { above } = inputs.trail
  if (keys.expected === undefined || keys.expected === keys.actual || !inputs.exact || !fits(above)) return
  const { base } = await groundOf(scope, planned.step, parent)
  const { properties, size } = inputs.primary?.origin ?? { properties: {}, size: null }
  const output = { alias: keys.actual, matrix: inputs.primary?.fromBase ?? null, ...beyond(base, { properties, size }) }
  await scope.results.publish(keys.expected, recordOf(of, output, above), ttlOf(planned))
}

function recordOf({ planned, inputs }: ManifestOf, output: ResultRecord['output'], diagnostics: readonly KeptDiagnostic[]): ResultRecord {
  const fingerprint = planned.chosen?.fingerprint ?? null
  return { schemaVersion: 2, output, diagnostics, fingerprint, sources: [...inputs.sources], createdAt: new Date().toISOString() }
}

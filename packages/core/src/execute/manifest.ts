import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Digest } from '../artifact/digest.ts'
import { compose, identity } from '../artifact/matrix.ts'
import { firstPage } from '../artifact/page-id.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { PlannedStep } from '../plan/plan.ts'
import type { ResultRecord, StoredArtifact, StoredItems } from '../ports/result-cache.ts'
import { ttlOf } from './call.ts'
import { artifactOfFound, emitDiagnostics, emitHit, type Keys } from './deliver.ts'
import { type Ground, groundOf, propertiesBeyond } from './ground.ts'
import { pageIdsOf } from './items.ts'
import type { Found } from './results.ts'
import type { Cell, RunArtifact } from './run-artifact.ts'
import { createItem, type Expansion, type Item, type RunScope } from './scope.ts'
import type { SegmentInputs } from './segment-inputs.ts'

/** One item as a manifest names it. */
export interface Entry {
  stored: StoredArtifact
  diagnostics: readonly Diagnostic[]
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
      const item: Found = { ...found, output, matrix: compose(found.matrix, output.matrix), properties }
      cell ??= Promise.resolve({
        type: 'done',
        artifact: itemArtifact(scope, item, { ground: { ...ground, page }, index, sources, recompute }),
      })
      return cell
    }
    return createItem({ domain: step.domain, parent, index, page, base })
  })
  scope.emit({ type: 'pages-known', step: step.id, pages: items.length })
  const { diagnostics, ms } = found.record
  const savedMs = ms === undefined ? undefined : ms / stored.length
  emitDiagnostics(
    scope,
    diagnostics.filter((diagnostic) => diagnostic.page === undefined),
    { page: parent.page, step: step.id },
  )
  for (const [index, item] of items.entries()) {
    const own = diagnostics.filter((diagnostic) => diagnostic.page?.position === index)
    emitHit(scope, step, { page: item.page, diagnostics: own, savedMs })
  }
  return { items }
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
  return { ...artifact, fromBase: identity }
}

/** Keeps the list of an expansion's items under its key, and a pointer to it under the key that was expected. */
export async function publishManifest(
  scope: RunScope,
  of: ManifestOf,
  content: { entries: ReadonlyMap<number, Entry>; diagnostics: readonly Diagnostic[] },
): Promise<void> {
  const { planned, keys, inputs } = of
  // A manifest under the expected key is read as one that starts from its base.
  if (keys.expected === keys.actual && inputs.primary?.fromBase !== identity) return
  const entries = [...content.entries].sort(([a], [b]) => a - b)
  // The items' page ids depend on where the expansion stands, so here their position tells whose diagnostic it is.
  const diagnostics = entries.flatMap(([index, entry]) =>
    entry.diagnostics.map((diagnostic) => ({ ...diagnostic, page: firstPage('', index) })),
  )
  const opening = content.diagnostics.map(({ page: _, ...diagnostic }) => diagnostic)
  const output = { items: entries.map(([, entry]) => entry.stored) }
  const ms = entries.reduce((sum, [, entry]) => sum + entry.ms, 0)
  await scope.results.publish(keys.actual, { ...recordOf(of, output, [...opening, ...diagnostics]), ms }, ttlOf(planned))
  await publishManifestAlias(scope, of)
}

/** From the key that was expected to the manifest's. */
export async function publishManifestAlias(scope: RunScope, of: ManifestOf): Promise<void> {
  const { planned, parent, keys, inputs } = of
  if (keys.expected === undefined || keys.expected === keys.actual || !inputs.exact) return
  const { base } = await groundOf(scope, planned.step, parent)
  const properties = propertiesBeyond(base, inputs.primary?.origin.properties ?? {})
  const output = { alias: keys.actual, matrix: inputs.primary?.fromBase ?? null, properties }
  await scope.results.publish(keys.expected, recordOf(of, output, []), ttlOf(planned))
}

function recordOf({ planned, inputs }: ManifestOf, output: ResultRecord['output'], diagnostics: readonly Diagnostic[]): ResultRecord {
  const fingerprint = planned.chosen?.fingerprint ?? null
  return { schemaVersion: 1, output, diagnostics, fingerprint, sources: [...inputs.sources], createdAt: new Date().toISOString() }
}

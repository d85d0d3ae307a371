import type { Origin, Properties } from '../artifact/artifact.ts'
import type { PageId } from '../artifact/page-id.ts'
import { canonicalJson } from '../key/canonical-json.ts'
import { dropsProperties } from '../operation/operation.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import { inputCell } from './inputs-of-run.ts'
import type { RunArtifact } from './run-artifact.ts'
import type { Item, RunScope } from './scope.ts'

/** Where a result's coordinates and original are found. */
export interface Ground {
  /** The artifact that the expected key starts from; undefined where there is no single one. */
  base: RunArtifact | undefined
  page: PageId
  /** See {@link endsProperties}. */
  isBare: boolean
}

/** Where the coordinates of a step's results start: the page's own base, or the input that the first ports lead to. */
export async function groundOf(scope: RunScope, step: CompiledStep, item: Item): Promise<Ground> {
  const isBare = endsProperties(step)
  for (let at: CompiledStep = step; ; ) {
    const [first] = at.bindings
    if (!first || first.spec.many) return { base: undefined, page: item.page, isBare }
    if (first.from.type === 'step' && !first.from.operation.output.many) {
      at = first.from
      continue
    }
    const cell = await (first.from.domain.parent === null && first.from.type === 'input' ? inputCell(scope, first.from) : item.base?.())
    return { base: cell?.type === 'done' ? cell.artifact : undefined, page: item.page, isBare }
  }
}

/** Whether a step, or one between it and its base, ends the original's properties: its results have none. */
export function endsProperties(step: CompiledStep): boolean {
  for (let at = step; ; ) {
    if (dropsProperties(at.operation)) return true
    const [first] = at.bindings
    if (!first || first.spec.many || first.from.type === 'input' || first.from.operation.output.many) return false
    at = first.from
  }
}

/**
 * The properties that came to light since the base (by decoding it), which its content determines. Those of the base itself are no part of
 * a record: equal pixels of two originals share one, and each has its own.
 */
function propertiesBeyond(base: Pick<RunArtifact, 'origin'> | undefined, properties: Properties): Properties {
  const known = base?.origin.properties ?? {}
  return Object.fromEntries(
    Object.entries(properties).filter(([name, value]) => !(name in known) || canonicalJson(known[name]) !== canonicalJson(value)),
  )
}

/** What came to light of the original since the base: see {@link propertiesBeyond}. The page's size only where the base does not know it. */
export function beyond(
  base: Pick<RunArtifact, 'origin'> | undefined,
  { properties, size }: Pick<Origin, 'properties' | 'size'>,
): { properties: Properties; size?: NonNullable<Origin['size']> } {
  const isNew = size !== null && (base?.origin.size ?? null) === null
  return { properties: propertiesBeyond(base, properties), ...(isNew ? { size } : {}) }
}

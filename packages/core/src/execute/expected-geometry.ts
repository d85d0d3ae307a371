import { formatPageId } from '../artifact/page-id.ts'
import { seesGeometry } from '../operation/operation.ts'
import type { Binding, CompiledStep } from '../pipeline/compiled.ts'
import { expands } from '../pipeline/domains.ts'
import type { InputGeometry } from '../ports/step-runner.ts'
import type { RunContext } from './context.ts'
import { geometryOf, type Placed } from './geometry.ts'
import { baseArtifact, inputCell } from './inputs-of-run.ts'
import type { Item } from './item.ts'

/**
 * How the things lie on each other that the expected key of a step starts from: together with the keys of the steps in between it says how the inputs
 * will lie on each other.
 * Undefined while the pages are not known; `null` for a step that does not ask.
 * @param itemsOf the pages that a binding takes, where they are known
 */
export async function expectedGeometry(
  run: RunContext,
  step: CompiledStep,
  itemsOf: (binding: Binding) => Promise<readonly (Item | undefined)[] | undefined>,
): Promise<InputGeometry | null | undefined> {
  if (!seesGeometry(step.operation) || step.bindings.length < 2) return null
  const placed: Record<string, readonly Placed[]> = {}
  let order: string[] | undefined
  for (const binding of step.bindings) {
    const items = await itemsOf(binding)
    if (!items || items.includes(undefined)) return undefined
    const known = items as readonly Item[]
    // As they will be joined: by page, in the order of the first sequence.
    order ??= known.length > 1 ? known.map(({ page }) => formatPageId(page)) : undefined
    const byPage = new Map(known.map((at) => [formatPageId(at.page), at]))
    const sorted = known.length > 1 ? (order ?? []).map((page) => byPage.get(page)) : known
    const bases = await Promise.all(sorted.map((at) => at && basisOf(run, binding, at)))
    if (bases.includes(undefined)) return undefined
    placed[binding.port] = bases
  }
  return geometryOf(step, placed)
}

async function basisOf(run: RunContext, { from }: Binding, item: Item): Promise<Placed> {
  if (from.type === 'step' && !expands(from.operation)) return baseArtifact(run, from, item)
  const cell = await (from.type === 'input' && from.domain.parent === null ? inputCell(run, from) : item.base?.())
  return cell?.type === 'done' ? cell.value : undefined
}

import { seesGeometry } from '../operation/operation.ts'
import type { Binding, CompiledStep } from '../pipeline/compiled.ts'
import type { InputGeometry } from '../ports/step-runner.ts'
import type { RunContext } from './context.ts'
import { geometryOf, type Placed } from './geometry.ts'
import { baseArtifact, givenArtifact } from './inputs-of-run.ts'
import { giverOf, type Item } from './item.ts'

/**
 * How the things lie on each other that the expected key of a step starts from: together with the keys of the steps in between it says how the inputs
 * will lie on each other.
 * Undefined while the pages are not known; `null` for a step that does not ask.
 * @param itemsOf the pages that a binding takes, in the order in which they are joined; undefined for one that is not known
 */
export async function expectedGeometry(
  run: RunContext,
  step: CompiledStep,
  itemsOf: (binding: Binding) => Promise<readonly (Item | undefined)[]>,
): Promise<InputGeometry | null | undefined> {
  if (!seesGeometry(step.operation) || step.bindings.length < 2) return null
  const placed: Record<string, readonly Placed[]> = {}
  for (const binding of step.bindings) {
    const items = await itemsOf(binding)
    if (items.includes(undefined)) return undefined
    const bases = await Promise.all((items as readonly Item[]).map((at) => basisOf(run, binding, at)))
    if (bases.includes(undefined)) return undefined
    placed[binding.port] = bases
  }
  return geometryOf(step, placed)
}

async function basisOf(run: RunContext, { from: source }: Binding, page: Item): Promise<Placed> {
  const giver = giverOf(source, page)
  const { from, item } = giver
  return from.type === 'step' && !from.operation.output.many ? baseArtifact(run, from, item) : givenArtifact(run, giver)
}

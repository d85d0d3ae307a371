import type { Digest } from '../artifact/digest.ts'
import type { CompiledInput, CompiledStep } from '../pipeline/compiled.ts'
import { inputCell } from './inputs-of-run.ts'
import { allItems } from './items.ts'
import type { Item, RunScope } from './scope.ts'

/**
 * Digests of the originals that a step's result for one page stands on, without computing anything: of every input that leads to it, further ones
 * as well. A record cannot tell, because equal pages of two documents share one. Where it cannot be told apart, one too many is named: a purge
 * then costs time.
 */
export async function originalsOf(scope: RunScope, step: CompiledStep, item: Item): Promise<Digest[]> {
  const originals = new Set<Digest>()
  for (const [input, gathered] of inputsAbove(step)) {
    const own = gathered ? undefined : ancestorIn(input, item)
    const items = input.domain.parent === null ? [] : own ? [own] : ((await allItems(scope, input.domain, { open: false })) ?? [])
    const cells = input.domain.parent === null ? [inputCell(scope, input)] : items.map((each) => each.base?.())
    for (const cell of await Promise.all(cells)) {
      if (cell?.type === 'done') for (const source of cell.artifact.sources) originals.add(source)
    }
  }
  return [...originals]
}

/** By input, whether a step on the way takes the whole of a sequence. */
const known = new WeakMap<CompiledStep, ReadonlyMap<CompiledInput, boolean>>()

/** Not by recursion: there may be thousands of steps one above the other. */
function inputsAbove(step: CompiledStep): ReadonlyMap<CompiledInput, boolean> {
  const before = known.get(step)
  if (before) return before
  const inputs = new Map<CompiledInput, boolean>()
  const seen = new Map<CompiledStep, boolean>()
  const queue: [CompiledStep, boolean][] = [[step, false]]
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [at, within] = next
    // Once as a page's own and once as one of many is enough.
    if (seen.get(at) === true || seen.get(at) === within) continue
    seen.set(at, within)
    for (const { from, spec } of at.bindings) {
      const gathered = within || spec.many
      if (from.type === 'step') queue.push([from, gathered])
      else inputs.set(from, gathered || inputs.get(from) === true)
    }
  }
  known.set(step, inputs)
  return inputs
}

function ancestorIn(input: CompiledInput, item: Item): Item | undefined {
  for (let at: Item | null = item; at; at = at.parent) if (at.domain === input.domain) return at
  return undefined
}

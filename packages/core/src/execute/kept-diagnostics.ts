import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Binding, CompiledStep } from '../pipeline/compiled.ts'
import { expands } from '../pipeline/domains.ts'
import type { Hop, KeptDiagnostic } from '../ports/result-cache.ts'
import type { RunContext } from './context.ts'
import { type Item, itemFor, openedItems } from './item.ts'

/** A step at work on one page. */
export interface Place {
  readonly step: CompiledStep
  readonly item: Item
}

type Told = Place & { readonly diagnostic: Diagnostic }

/** What a record keeps, each with the step and the page of this run that it is about. */
export async function placesOf(run: RunContext, diagnostics: readonly KeptDiagnostic[], at: Place): Promise<Told[]> {
  const told: Told[] = []
  for (const { via = [], item: _, ...diagnostic } of diagnostics) told.push({ ...((await follow(run, via, at)) ?? at), diagnostic })
  return told
}

/** The step that the hops lead to, and its page. Whoever has found a record by its key has the same steps above, and has opened their pages. */
async function follow(run: RunContext, via: readonly Hop[], start: Place): Promise<Place | undefined> {
  let at: Place | undefined = start
  for (const { port, times = 1, item } of via)
    for (let hop = 0; at && hop < times; hop++) {
      const binding: Binding | undefined = at.step.bindings.find((candidate) => candidate.port === port)
      at = binding && (await above(run, binding, { item: at.item, index: item }))
    }
  return at
}

/** What a binding takes, seen through steps without an engine that hand on what they are given: a key does not name them. */
async function above(run: RunContext, binding: Binding, at: { item: Item; index: number | undefined }): Promise<Place | undefined> {
  let { from } = binding
  const all = at.index === undefined ? undefined : await openedItems(from.domain, run.root)
  let item = at.index === undefined ? itemFor(from.domain, at.item) : all?.[at.index]
  while (item && from.type === 'step' && run.plan.steps.get(from)?.unavailable) {
    const [first] = from.bindings
    if (!first) return undefined
    from = first.from
    item = itemFor(from.domain, item)
  }
  return item && from.type === 'step' ? { step: from, item } : undefined
}

/** A result that stands on a step that was left out says so, also when it comes from the cache. Not by recursion: steps may be thousands. */
export async function unavailableAbove(run: RunContext, start: Place): Promise<Told[]> {
  const told: Told[] = []
  if (![...run.plan.steps.values()].some(({ unavailable }) => unavailable)) return told
  const seen = new Map<CompiledStep, Set<Item>>()
  const queue = [start]
  for (let at = queue.pop(); at; at = queue.pop()) {
    const { step, item } = at
    const items = seen.get(step) ?? new Set()
    if (items.has(item)) continue
    seen.set(step, items.add(item))
    const diagnostic = run.plan.steps.get(step)?.unavailable
    if (diagnostic) told.push({ step, item, diagnostic })
    for (const { from, spec } of step.bindings) {
      if (from.type !== 'step' || expands(from.operation)) continue
      const own = spec.many ? await openedItems(from.domain, run.root) : [itemFor(from.domain, item)]
      for (const next of own ?? []) if (next) queue.push({ step: from, item: next })
    }
  }
  return told
}

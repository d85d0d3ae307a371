import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Binding, CompiledStep } from '../pipeline/compiled.ts'
import { expands } from '../pipeline/domains.ts'
import { waysOf } from '../plan/plan.ts'
import type { Hop, KeptDiagnostic } from '../ports/result-cache.ts'
import type { RunContext } from './context.ts'
import { giverOf, type Item, itemFor, openedItems } from './item.ts'
import { takeSequences } from './take-sequences.ts'
import { behindPassing, stepOn } from './variant.ts'

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
      at = binding && (await above(run, binding, { ...at, index: item }))
    }
  return at
}

/** What a binding takes, seen through steps that hand on what they are given: a key does not name them. */
async function above(run: RunContext, binding: Binding, at: Place & { index: number | undefined }): Promise<Place | undefined> {
  const taken = at.index === undefined ? undefined : await takeSequences(at.step, (domain) => openedItems(domain, run.root))
  const own = taken?.find((sequence) => sequence.binding === binding)?.items[at.index ?? 0]
  const item = at.index === undefined ? itemFor(binding.from.domain, at.item) : own
  const given = item && behindPassing(run.plan, { from: binding.from, item })
  return given?.item && given.from.type === 'step' ? { step: given.from, item: given.item } : undefined
}

/** A result that stands on a step that was left out says so, also when it comes from the cache. Not by recursion: steps may be thousands. */
export async function unavailableAbove(run: RunContext, start: Place): Promise<Told[]> {
  const told: Told[] = []
  if (![...run.plan.steps.values()].some((planned) => waysOf(planned).some(({ unavailable }) => unavailable))) return told
  const seen = new Map<CompiledStep, Set<Item>>()
  const queue = [start]
  for (let at = queue.pop(); at; at = queue.pop()) {
    const { step, item } = at
    const items = seen.get(step) ?? new Set()
    if (items.has(item)) continue
    seen.set(step, items.add(item))
    const planned = stepOn(run.plan, step, item)
    if (planned?.unavailable) told.push({ step, item, diagnostic: planned.unavailable })
    for (const { from, spec } of planned?.skip ? step.bindings.slice(0, 1) : step.bindings) {
      const own = spec.many ? await openedItems(from.domain, run.root) : [itemFor(from.domain, item)]
      for (const each of own ?? []) {
        const giver = each && giverOf(from, each)
        if (giver?.from.type === 'step' && !expands(giver.from.operation)) queue.push({ step: giver.from, item: giver.item })
      }
    }
  }
  return told
}

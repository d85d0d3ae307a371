import type { CompiledStep, Domain } from '../pipeline/compiled.ts'
import type { Segment } from '../plan/plan.ts'
import { emitFileHits } from './deliver.ts'
import { lookUp } from './evaluate.ts'
import { childrenOf, domainsBelow } from './items.ts'
import type { Item, RunScope } from './scope.ts'
import { mapWindow } from './window.ts'

/** Results that are wanted of every page of a domain. */
type Demands = Map<Domain, Set<CompiledStep>>

/** Parts of a page in work at the same time: a page has two or three of them. */
const PARTS_IN_FLIGHT = 2

/**
 * Computes what the outputs need, page by page: all results that are wanted of a page are made while it is in flight, then its pixels are let go.
 * What the cache has for the whole document (a text, a PDF) spares the pages.
 */
export async function driveRun(scope: RunScope): Promise<void> {
  const demands = await demandsOf(scope)
  for (const domain of scope.plan.pipeline.domains) {
    if (domain.parent === scope.root.domain && isDemanded(scope, demands, domain))
      await driveDomain(scope, demands, { domain, parent: scope.root })
  }
  const single = scope.plan.outputs.filter((output) => output.file.domain === scope.root.domain)
  await Promise.all(single.map((output) => scope.evaluate(output.file, scope.root)))
  await Promise.all(scope.root.pending)
}

async function demandsOf(scope: RunScope): Promise<Demands> {
  const demands: Demands = new Map()
  const seen = new Set<CompiledStep>()
  const demand = (step: CompiledStep): void => {
    const steps = demands.get(step.domain) ?? new Set()
    demands.set(step.domain, steps.add(step))
  }
  const visit = async (step: CompiledStep): Promise<void> => {
    if (seen.has(step)) return
    seen.add(step)
    if (step.domain !== scope.root.domain) return demand(step)
    if (await lookUp(scope, step, scope.root)) return
    for (const source of externalSources(scope.plan.segments.get(step))) await visit(source)
  }
  for (const output of scope.plan.outputs) await visit(output.file)
  return demands
}

/** The steps outside a segment whose results it takes. */
function externalSources(segment: Segment | undefined): CompiledStep[] {
  const inside = new Set(segment?.steps.map((planned) => planned.step))
  const sources = segment?.steps.flatMap(({ step }) => step.bindings.map((binding) => binding.from)) ?? []
  return sources.flatMap((from) => (from.type === 'step' && !inside.has(from) ? [from] : []))
}

function isDemanded(scope: RunScope, demands: Demands, domain: Domain): boolean {
  return demands.has(domain) || domainsBelow(scope, domain).some((below) => isDemanded(scope, demands, below))
}

async function driveDomain(scope: RunScope, demands: Demands, at: { domain: Domain; parent: Item }): Promise<void> {
  const { domain, parent } = at
  const children = await childrenOf(scope, { domain, parent, open: true })
  if (!children || !('items' in children)) return
  const size = parent === scope.root ? scope.window : PARTS_IN_FLIGHT
  await mapWindow(children.items, size, (item) => driveItem(scope, demands, item))
}

async function driveItem(scope: RunScope, demands: Demands, item: Item): Promise<void> {
  const base = await item.base?.()
  if (base && base.type !== 'done') {
    // What would have opened below it is lost with it, and is told so: an output must not end shorter without a word.
    for (const below of domainsBelow(scope, item.domain)) item.children.set(below, Promise.resolve(base))
    return
  }
  const wanted = [...(demands.get(item.domain) ?? [])].filter((step) => !step.operation.output.many)
  await Promise.all(wanted.map((step) => scope.evaluate(step, item)))
  for (const below of domainsBelow(scope, item.domain)) {
    if (isDemanded(scope, demands, below)) await driveDomain(scope, demands, { domain: below, parent: item })
  }
  emitFileHits(scope, item.page)
  await letGo(item)
}

/** Gives the memory of a page back, and of those that were only needed because of it. */
async function letGo(item: Item): Promise<void> {
  await Promise.all(item.pending)
  for (const cell of [item.base?.(), ...item.cells.values()]) {
    const settled = await cell
    if (settled?.type === 'done') settled.artifact.release()
  }
  for (const other of item.joined) await letGo(other)
}

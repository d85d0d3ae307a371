import type { CompiledStep, Domain } from '../pipeline/compiled.ts'
import type { Segment } from '../plan/plan.ts'
import type { RunContext } from './context.ts'
import { type Item, withJoined } from './item.ts'
import { tellUnmet } from './per-page.ts'
import { findResult, itemsBelow, resultOf } from './resolve.ts'
import { mapWindow } from './window.ts'

/** Results that are wanted of every page of a domain. */
type Demands = Map<Domain, Set<CompiledStep>>

/** Parts of a page in work at the same time: a page has two or three of them. */
const PARTS_IN_FLIGHT = 2

/**
 * Computes what the outputs need, page by page: all results that are wanted of a page are made while it is in flight, then its pixels are let go.
 * What the cache has for the whole document (a text, a PDF) spares the pages.
 */
export async function driveRun(run: RunContext): Promise<void> {
  const demands = await demandsOf(run)
  for (const domain of run.plan.pipeline.domains) {
    if (domain.parent === run.root.domain && isDemanded(run, demands, domain)) await driveDomain(run, demands, { domain, parent: run.root })
  }
  const single = run.plan.outputs.filter((output) => output.file.domain === run.root.domain)
  await Promise.all(single.map((output) => resultOf(run, output.file, run.root)))
  await Promise.all(run.root.pending)
  await tellUnmet(run)
}

async function demandsOf(run: RunContext): Promise<Demands> {
  const demands: Demands = new Map()
  const seen = new Set<CompiledStep>()
  const demand = (step: CompiledStep): void => {
    const steps = demands.get(step.domain) ?? new Set()
    demands.set(step.domain, steps.add(step))
  }
  const visit = async (step: CompiledStep): Promise<void> => {
    if (seen.has(step)) return
    seen.add(step)
    if (step.domain !== run.root.domain) return demand(step)
    if (await findResult(run, step, run.root)) return
    for (const source of externalSources(run.plan.segments.get(step))) await visit(source)
  }
  for (const output of run.plan.outputs) await visit(output.file)
  return demands
}

/** The steps outside a segment whose results it takes. */
function externalSources(segment: Segment | undefined): CompiledStep[] {
  const inside = new Set(segment?.steps.map((planned) => planned.step))
  const sources = segment?.steps.flatMap(({ step }) => step.bindings.map((binding) => binding.from)) ?? []
  return sources.flatMap((from) => (from.type === 'step' && !inside.has(from) ? [from] : []))
}

function isDemanded(run: RunContext, demands: Demands, domain: Domain): boolean {
  return demands.has(domain) || domainsBelow(run, domain).some((below) => isDemanded(run, demands, below))
}

async function driveDomain(run: RunContext, demands: Demands, at: { domain: Domain; parent: Item }): Promise<void> {
  const { domain, parent } = at
  const children = await itemsBelow(run, { domain, parent, open: true })
  if (children?.type !== 'done') return
  const size = parent === run.root ? run.window : PARTS_IN_FLIGHT
  await mapWindow(children.value, size, (item) => driveItem(run, demands, item))
}

async function driveItem(run: RunContext, demands: Demands, item: Item): Promise<void> {
  // A page that a step has handed on is not made when all that is wanted of it is there.
  const base = item.handedOn && !isDelivered(demands, item) ? undefined : await item.base?.()
  if (base && base.type !== 'done') {
    // What would have opened below it is lost with it, and is told so: an output must not end shorter without a word.
    for (const below of domainsBelow(run, item.domain)) item.children.set(below, Promise.resolve(base))
    return
  }
  const wanted = [...(demands.get(item.domain) ?? [])].filter((step) => !step.operation.output.many)
  await Promise.all(wanted.map((step) => resultOf(run, step, item)))
  for (const below of domainsBelow(run, item.domain)) {
    if (isDemanded(run, demands, below)) await driveDomain(run, demands, { domain: below, parent: item })
  }
  run.tally.settleHits(item.page)
  await letGo(item)
}

/** True when the step that opened the page's domain is itself wanted. */
function isDelivered(demands: Demands, { domain }: Item): boolean {
  const { openedBy } = domain
  return openedBy !== null && 'step' in openedBy && demands.get(domain)?.has(openedBy.step) === true
}

/** Gives the memory of a page back, and of those that were only needed because of it. */
async function letGo(item: Item): Promise<void> {
  for (const each of withJoined(item)) {
    await Promise.all(each.pending)
    for (const cell of [each.asked(), ...each.cells.values()]) {
      const settled = await cell
      if (settled?.type === 'done') settled.value.release()
    }
  }
}

function domainsBelow({ plan }: RunContext, domain: Domain): Domain[] {
  return plan.pipeline.domains.filter((candidate) => candidate.parent === domain)
}

import { formatPageId } from '../artifact/page-id.ts'
import { matchesOf, type PagePlace } from '../artifact/page-selection.ts'
import type { Binding, CompiledInput, CompiledStep } from '../pipeline/compiled.ts'
import { mayConvert } from '../plan/conversion.ts'
import { type Plan, type PlannedStep, type PlannedVariant, type Segment, waysOf } from '../plan/plan.ts'
import { giverOf, type Item, itemFor } from './item.ts'

/** What the steps of a plan do on one page. */

/** A step as it is run on a page; undefined for one that no output needs. */
export function stepOn(plan: Plan, step: CompiledStep, item: Item): PlannedStep | undefined {
  const planned = plan.steps.get(step)
  return planned && plannedOn(plan, planned, item)
}

/** A segment as it is run on a page, without the steps that hand it on; undefined when all of them do. */
export function segmentOn(plan: Plan, segment: Segment, item: Item): Segment | undefined {
  const all = segment.steps.map((planned) => plannedOn(plan, planned, item))
  if (all.every((planned, index) => planned === segment.steps[index])) return segment
  const { persisted, border } = segment.last
  const run = all.filter(({ skip }) => !skip)
  const end = run.pop()
  if (!end) return undefined
  const last = { ...end, persisted, border }
  return { ...segment, last, steps: [...run, last], skipped: new Set(all.filter(({ skip }) => skip).map(({ step }) => step)) }
}

/** The same port with what it is given where steps of the segment hand on a page. */
export function withoutSkipped({ skipped }: Segment, binding: Binding): Binding {
  let { from } = binding
  while (from.type === 'step' && skipped.has(from)) from = from.bindings[0]?.from ?? from
  return from === binding.from ? binding : { ...binding, from }
}

/**
 * Where a page stands among those of its document: the items of the first expansion above it, or of a list of inputs that nothing expands. A page that
 * a step arranged counts as where it came from.
 */
export function placeOf(item: Item): PagePlace {
  let counted = item
  let isExpanded = false
  for (let at: Item | null = item; at?.parent; at = at.handedOn ? at.handedOn.item : at.parent) {
    if (at.handedOn) {
      if (!isExpanded) counted = at.handedOn.item
      continue
    }
    const { openedBy } = at.domain
    const isOfStep = openedBy !== null && 'step' in openedBy
    if (isOfStep || !isExpanded) counted = at
    isExpanded ||= isOfStep
  }
  return { number: counted.index + 1, total: counted.total, id: formatPageId(item.page) }
}

/** What a source gives on a page. */
interface Given {
  readonly from: CompiledStep | CompiledInput
  /** Undefined where it depends on the page. */
  readonly item: Item | undefined
}

/** What stands behind steps that hand on what they are given, or have arranged it: the result that is really taken, which a key names. */
export function behindPassing(plan: Plan, { from, item }: Given): Given {
  for (;;) {
    if (item) ({ from, item } = giverOf(from, item))
    const planned = from.type === 'step' ? plan.steps.get(from) : undefined
    const [first] = planned?.step.bindings ?? []
    if (!planned || !first || !ways(planned, item).some((way) => handsOn(planned, way))) return { from, item }
    from = first.from
    item = item && itemFor(from.domain, item)
  }
}

/** Whether a step gives what it is given instead of a result of its own. */
export function handsOn({ step }: PlannedStep, { skip, unavailable }: PlannedVariant): boolean {
  return skip || (unavailable !== null && step.definition.onError === 'pass')
}

function ways(planned: PlannedStep, item: Item | undefined): PlannedVariant[] {
  return item ? [variantOn(planned, item)] : waysOf(planned)
}

/** Which of its ways a step goes on a page. */
export function variantOn(planned: PlannedStep, item: Item): PlannedVariant {
  const { perPage } = planned.step
  const entries = perPage ? matchesOf(perPage.selections, placeOf(item)).join() : ''
  return planned.variants.get(entries) ?? planned
}

function plannedOn(plan: Plan, planned: PlannedStep, item: Item): PlannedStep {
  const variant = variantOn(planned, item)
  return withCodec(plan, variant === planned ? planned : { ...planned, ...variant }, item)
}

/** A step behind one that hands on its input may be given a file in the place of pixels. */
function withCodec(plan: Plan, planned: PlannedStep, item: Item): PlannedStep {
  if (planned.codec !== undefined) return planned
  const converts = planned.step.bindings.some(({ spec, from }) => {
    const given = behindPassing(plan, { from, item: itemFor(from.domain, item) })
    return given.from !== from && mayConvert({ spec, from: given.from })
  })
  return converts ? { ...planned, codec: plan.codec } : planned
}

import type { Diagnostic } from '../artifact/diagnostic.ts'
import { matchesOf } from '../artifact/page-selection.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { Problem } from '../pipeline/problem.ts'
import { type PlannedStep, type PlannedVariant, waysOf } from '../plan/plan.ts'
import type { RunContext } from './context.ts'
import { type Item, openedItems } from './item.ts'
import { placeOf, variantOn } from './variant.ts'

/** What `perPage` came to over the pages of a run. */

/** The pages of each variant of a step, in order; a step's own way is the first, with the pages that no entry names. */
export function pagesByVariant(planned: PlannedStep, items: readonly Item[]): Map<PlannedVariant, Item[]> {
  const pages = new Map<PlannedVariant, Item[]>(waysOf(planned).map((way) => [way, []]))
  for (const item of items) pages.get(variantOn(planned, item))?.push(item)
  return pages
}

/** The entries that name no page, as far as the pages are known. */
export async function unmetEntries({ plan, root }: Pick<RunContext, 'plan' | 'root'>): Promise<(Problem & { step: CompiledStep })[]> {
  const unmet: (Problem & { step: CompiledStep })[] = []
  for (const { step } of plan.steps.values()) {
    const items = step.perPage ? await openedItems(step.runsIn, root) : undefined
    if (!step.perPage || !items || items.some((item) => item.missing)) continue
    const { selections } = step.perPage
    const met = new Set(items.flatMap((item) => matchesOf(selections, placeOf(item))))
    for (const [entry, { pages }] of (step.definition.perPage ?? []).entries()) {
      if (met.has(entry)) continue
      const message = `"${pages}" names no page: ${items.length === 1 ? 'there is one' : `there are ${items.length}`}.`
      const remedy = 'Name a page that is there, or remove the entry.'
      unmet.push({ step, path: `steps[${step.index}].perPage[${entry}].pages`, severity: 'warning', message, remedy })
    }
  }
  return unmet
}

/** Tells of the entries that name no page. */
export async function tellUnmet(run: RunContext): Promise<void> {
  for (const { step, path, message } of await unmetEntries(run)) {
    const diagnostic: Diagnostic = { code: 'PAGES_NOT_MET', severity: 'warning', message, step: step.id, details: { path } }
    run.tally.emit({ type: 'diagnostic', diagnostic, step: step.id })
  }
}

import { formatPageId, pageKey } from '../artifact/page-id.ts'
import { ImageDocError } from '../errors/error.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import { expands } from '../pipeline/domains.ts'
import type { Plan, Segment } from '../plan/plan.ts'
import { isInternal } from '../plugin/output-operations.ts'
import type { KeptDiagnostic } from '../ports/result-cache.ts'
import type { PageOutcome, PageRecord, PageWork } from '../ports/run-pages.ts'
import type { RunContext } from './context.ts'
import { giverOf, type Item } from './item.ts'
import type { Missing } from './made.ts'
import { isCounted, type Log, tellHole, tellKept, tellPassed, tellSteps, tookMs } from './tell.ts'
import { segmentOn } from './variant.ts'

/** The run's own record of its pages, where another process finds what this one has done. */

/** How the record calls a segment's work on a page. */
function workOf({ last, name }: Segment, { page }: Item): PageWork {
  const { step } = last
  return { page, step: step.id, use: writtenStep(step).operation.name, segment: name }
}

/** The encoding of an output, which bears its source's id, works for that: whoever gives the work to others looks at what a person wrote. */
function writtenStep(step: CompiledStep): CompiledStep {
  const [binding] = step.bindings
  return isInternal(step.plugin) && binding?.from.type === 'step' ? binding.from : step
}

/** What is written down of a segment on a page, told as if it had been done just now. */
export async function findOutcome(run: RunContext, segment: Segment, item: Item): Promise<PageRecord | undefined> {
  const found = await run.pages?.find(workOf(segment, item), run.signal)
  if (!found) return undefined
  if (!run.wanted) await tellAbove(run, segment, item)
  await tell(run, segment, { item, found })
  return found
}

/** What the segments above it did on this page: whoever gets a page's last piece from others asks for none of those. */
async function tellAbove(run: RunContext, segment: Segment, item: Item): Promise<void> {
  for (const { base, page } of segmentsOnPage(run.plan, segment, item)) {
    await tellAbove(run, base, page)
    const source = segmentOn(run.plan, base, page)
    if (!source) for (const { step } of base.steps) tellPassed(run, step, page.page)
    if (!source) continue
    const found = source.last.persisted ? await run.pages?.peek(workOf(source, page)) : undefined
    if (found && 'done' in found.outcome && !isCounted(run, source, page)) await tell(run, source, { item: page, found })
  }
}

/** The segments whose results on the same page a segment takes, with that page as it was before steps arranged it. */
function segmentsOnPage(plan: Plan, segment: Segment, item: Item): { base: Segment; page: Item }[] {
  return [...segment.steps.map(({ step }) => step), ...segment.skipped].flatMap((step) =>
    step.bindings.flatMap((binding) => {
      if (binding.spec.many || binding.from.domain !== step.runsIn) return []
      const { from, item: page } = giverOf(binding.from, item)
      const base = from.type === 'step' && !expands(from.operation) ? plan.segments.get(from) : undefined
      return base && base !== segment ? [{ base, page }] : []
    }),
  )
}

async function tell(run: RunContext, segment: Segment, { item, found }: { item: Item; found: PageRecord }): Promise<void> {
  if (!run.tally.isFirst(`${pageKey(item.page)} ${segment.name}`)) return
  run.work.add(tookMs(found))
  tellSteps(run, segment, { steps: found.steps.map((entry) => ({ ...entry, outcome: 'done' })), page: item.page })
  // An expansion's own are told as of the page that they are about.
  await tellKept(run, found.diagnostics, { step: segment.last.step, item })
}

/** Tells of a page that was skipped or has failed elsewhere. */
export function tellMissing(
  run: RunContext,
  segment: Segment,
  { outcome, item }: { outcome: Exclude<PageOutcome, { done: unknown }>; item: Item },
): Missing {
  const { page } = item
  if ('hole' in outcome) return tellHole(run, { step: outcome.hole.step, page, error: ImageDocError.fromJSON(outcome.hole.error) })
  run.tally.emit({ type: 'page-failed', step: segment.last.step.id, page, error: outcome.error })
  return { type: 'failed', error: ImageDocError.fromJSON(outcome.error) }
}

/** True for the only piece that this process was asked for. */
export function isWanted({ wanted }: RunContext, segment: Segment, { page }: Item): boolean {
  return wanted !== undefined && wanted.segment === segment.name && wanted.page === formatPageId(page)
}

/** Writes an outcome down. `read` gives the bytes of an artifact. */
export async function recordOutcome(
  run: Pick<RunContext, 'pages'>,
  segment: Segment,
  at: { item: Item; outcome: PageOutcome; steps?: Log['steps']; diagnostics?: readonly KeptDiagnostic[]; read?: () => Promise<Uint8Array> },
): Promise<void> {
  const { item, outcome, diagnostics = [], read = noBytes } = at
  const steps = (at.steps ?? []).filter((step) => step.outcome !== 'skipped').map(({ id, ms }) => ({ id, ms }))
  await run.pages?.record(workOf(segment, item), { outcome, steps, diagnostics }, read)
}

const noBytes = async (): Promise<Uint8Array> => {
  throw new ImageDocError('INTERNAL', 'An outcome without an artifact has no bytes.')
}

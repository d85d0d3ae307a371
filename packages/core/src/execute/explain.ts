import type { PageId } from '../artifact/page-id.ts'
import type { Json } from '../errors/error.ts'
import { toJson } from '../key/canonical-json.ts'
import { namedPorts, portInWords } from '../operation/port.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { Problem } from '../pipeline/problem.ts'
import type { PlannedStep, PlannedVariant, Segment } from '../plan/plan.ts'
import { segmentStep } from './call.ts'
import type { RunContext } from './context.ts'
import type { Item } from './item.ts'
import { receiptKey } from './make-receipt.ts'
import { pagesByVariant, unmetEntries } from './per-page.ts'
import { allItems, expectedKey } from './resolve.ts'
import type { CacheOutcome } from './run-state.ts'
import { stepOn } from './variant.ts'

/** What a step would do on some pages. */
export interface ExplainedVariant {
  /** Unknown behind an expansion that is not in the cache. */
  pages: readonly PageId[] | 'unknown'
  /** It would pass them on. */
  skip: boolean
  /** With defaults. */
  params: Json
  engine: string | null
  why: string | null
}

/** One step of a plan in words. */
export interface ExplainedStep {
  id: string
  use: string
  input: string
  output: string
  engine: string | null
  /** Why this engine, or why none. */
  why: string | null
  /** What it would do otherwise on the pages that `perPage` names. */
  perPage?: readonly ExplainedVariant[]
  /** Unknown behind an expansion that is not in the cache. */
  pages: number | 'unknown'
  key: string | null
  cache: CacheOutcome | 'unknown'
  /** Where it would run. */
  runner: string
}

/** How long a run may go on. */
export interface ExplainedLimits {
  /** Of one step on one page, in milliseconds, where the step does not say otherwise. */
  stepMs: number
  /** Of all steps and pages together, in milliseconds; null: as long as it takes. */
  runMs: number | null
}

/** What a run would do, without doing it. */
export interface Explanation {
  steps: ExplainedStep[]
  limits: ExplainedLimits
  /** Warnings; errors are thrown. */
  problems: readonly Problem[]
}

/** Reads inputs and looks into the cache; computes nothing. */
export async function explainPlan(run: RunContext): Promise<Explanation> {
  const { pipeline } = run.plan
  const steps: ExplainedStep[] = []
  const view = viewOf(run)
  for (const step of pipeline.steps.toSorted((a, b) => a.index - b.index)) steps.push(await explainStep(view, step))
  const { timeoutMs: stepMs, runMs } = run.limits
  const limits = { stepMs, runMs: runMs !== undefined && Number.isFinite(runMs) ? runMs : null }
  const unmet = (await unmetEntries(run)).map(({ step: _, ...problem }) => problem)
  return { steps, limits, problems: [...pipeline.warnings, ...unmet] }
}

/** A run with what several steps ask for: in a plan of a thousand steps each is found once. */
interface View {
  readonly run: RunContext
  readonly consumers: ReadonlyMap<CompiledStep, readonly CompiledStep[]>
  readonly segments: ReadonlyMap<CompiledStep, Segment>
  readonly outcomes: Map<CompiledStep, Promise<CacheOutcome | 'unknown'>>
  readonly runners: Map<Segment, string>
}

function viewOf(run: RunContext): View {
  const consumers = new Map<CompiledStep, CompiledStep[]>()
  for (const step of run.plan.steps.keys()) {
    for (const { from } of step.bindings) if (from.type === 'step') consumers.set(from, [...(consumers.get(from) ?? []), step])
  }
  const segments = new Map<CompiledStep, Segment>()
  for (const segment of run.plan.segments.values()) for (const { step } of segment.steps) segments.set(step, segment)
  return { run, consumers, segments, outcomes: new Map(), runners: new Map() }
}

async function explainStep(view: View, step: CompiledStep): Promise<ExplainedStep> {
  const { run } = view
  const planned = run.plan.steps.get(step)
  const ports = Object.entries(namedPorts(step.operation.input))
  const input = ports.map(([name, port]) => (ports.length > 1 ? `${name}: ${portInWords(port)}` : portInWords(port))).join(', ')
  const items = await allItems(run, step.domain, { open: false })
  const key = await receiptKey(run, step)
  return {
    id: step.id,
    use: step.operation.name,
    input,
    output: portInWords(step.operation.output),
    engine: planned?.chosen?.engine.id ?? null,
    why: whyOf(planned),
    ...(planned?.step.perPage ? { perPage: explainVariants(planned, await allItems(run, step.runsIn, { open: false })) } : {}),
    pages: items?.length ?? 'unknown',
    key: key || null,
    cache: planned ? await cacheOf(view, step) : 'unused',
    runner: planned ? runnerOf(view, step) : 'nowhere: no output needs it',
  }
}

/** Why this engine, or why none. */
function whyOf(variant: PlannedVariant | undefined): string | null {
  return variant?.chosen?.why ?? variant?.unavailable?.message ?? null
}

/** While its pages are not known, every variant that may be run; then those that will. */
function explainVariants(planned: PlannedStep, items: readonly Item[] | undefined): ExplainedVariant[] {
  return [...pagesByVariant(planned, items ?? [])].flatMap(([variant, own]) => {
    if (variant === planned || (items && own.length === 0)) return []
    const { skip, params, chosen } = variant
    const pages = items ? own.map(({ page }) => page) : 'unknown'
    return { pages, skip, params: toJson(params), engine: chosen?.engine.id ?? null, why: whyOf(variant) }
  })
}

/** Where the segment of a step would run. */
function runnerOf({ run, segments, runners }: View, step: CompiledStep): string {
  const segment = segments.get(step)
  if (!segment) return 'nowhere'
  if (segment.last.unavailable) return 'nowhere: left out'
  if (step.operation.arrange) return 'nowhere: it hands pages on'
  const known = runners.get(segment)
  if (known !== undefined) return known
  const runner = run.runner.describe(segment.steps.map((planned) => segmentStep(run, planned, {})))
  runners.set(segment, runner)
  return runner
}

function cacheOf(view: View, step: CompiledStep): Promise<CacheOutcome | 'unknown'> {
  // Begun on an empty stack: a chain is as deep as it has steps.
  const outcome = view.outcomes.get(step) ?? Promise.resolve().then(() => findCacheOf(view, step))
  view.outcomes.set(step, outcome)
  return outcome
}

async function findCacheOf(view: View, step: CompiledStep): Promise<CacheOutcome | 'unknown'> {
  const { run } = view
  const planned = run.plan.steps.get(step)
  const writes = run.plan.outputs.find((output) => output.from === step && output.file !== step)?.file
  const looked = planned?.persisted ? step : writes
  if (!looked) return cacheOfChain(view, step)
  const all = await allItems(run, looked.runsIn, { open: false })
  if (!all) return 'unknown'
  const items = all.filter((item) => !stepOn(run.plan, looked, item)?.skip)
  if (items.length === 0) return 'unused'
  let hits = 0
  for (const item of items) {
    const key = await expectedKey(run, looked, item)
    if (key === undefined) return 'unknown'
    if (await run.results.find(key)) hits++
  }
  if (hits === 0) return 'miss'
  return hits === items.length ? 'hit' : 'mixed'
}

/** A result that is not kept is made exactly when one that stands on it is. */
async function cacheOfChain(view: View, step: CompiledStep): Promise<CacheOutcome | 'unknown'> {
  const outcomes = await Promise.all((view.consumers.get(step) ?? []).map((consumer) => cacheOf(view, consumer)))
  if (outcomes.includes('miss') || outcomes.includes('mixed')) return outcomes.includes('mixed') ? 'mixed' : 'miss'
  return outcomes.includes('unknown') ? 'unknown' : 'unused'
}

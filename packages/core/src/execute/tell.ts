import type { Diagnostic } from '../artifact/diagnostic.ts'
import { formatPageId, type PageId } from '../artifact/page-id.ts'
import type { ImageDocError } from '../errors/error.ts'
import { canonicalJson } from '../key/canonical-json.ts'
import type { Binding, CompiledStep } from '../pipeline/compiled.ts'
import { expands } from '../pipeline/domains.ts'
import type { Segment } from '../plan/plan.ts'
import type { Hop, KeptDiagnostic } from '../ports/result-cache.ts'
import { allItems, itemFor } from './items.ts'
import type { Item, RunScope } from './scope.ts'
import { stepOf } from './trail.ts'

/** A step at work on one page. */
interface Place {
  readonly step: CompiledStep
  readonly item: Item
}

/** Tells of a diagnostic as this run's; what was told of the same step and page before is not told again. */
export function emitDiagnostic(scope: RunScope, diagnostic: Diagnostic, { page, step }: { page: PageId; step: string }): void {
  const { code, severity, message, details } = diagnostic
  const told = canonicalJson([step, formatPageId(page), code, severity, message, details ?? null])
  if (scope.diagnosed.has(told)) return
  scope.diagnosed.add(told)
  scope.emit({ type: 'diagnostic', diagnostic: { ...diagnostic, page, step }, step, page })
}

/** Tells of what a runner reported, whose steps bear a runner's names. */
export function emitReported(scope: RunScope, segment: Segment, at: { diagnostics: readonly Diagnostic[]; page: PageId }): void {
  for (const diagnostic of at.diagnostics) {
    const step = stepOf(segment, diagnostic.step ?? '') ?? segment.last.step
    emitDiagnostic(scope, diagnostic, { page: at.page, step: step.id })
  }
}

/** Tells of a step that failed; `id` is what a runner calls it. */
export function emitFailure(scope: RunScope, segment: Segment, at: { id: string; page: PageId; error: ImageDocError }): void {
  const { page, error } = at
  const { id, operation, plugin } = stepOf(segment, at.id) ?? segment.last.step
  scope.failed({ step: id, use: operation.name, plugin: { name: plugin.name, version: plugin.version }, page, error })
}

/** Tells of what a record keeps, as of the steps and pages of this run, and of the steps above it that have no engine here. */
export async function emitKept(scope: RunScope, diagnostics: readonly KeptDiagnostic[], at: Place): Promise<void> {
  for (const { via = [], item: _, ...diagnostic } of diagnostics) {
    const { step, item } = (await follow(scope, via, at)) ?? at
    emitDiagnostic(scope, diagnostic, { page: item.page, step: step.id })
  }
  if (isAnyUnavailable(scope)) await emitUnavailable(scope, at)
}

/** The step that the hops lead to, and its page. Whoever has found a record by its key has the same steps above. */
async function follow(scope: RunScope, via: readonly Hop[], start: Place): Promise<Place | undefined> {
  let at: Place | undefined = start
  for (const { port, times = 1, item } of via)
    for (let hop = 0; at && hop < times; hop++) {
      const binding: Binding | undefined = at.step.bindings.find((candidate) => candidate.port === port)
      at = binding && (await above(scope, binding, { item: at.item, index: item }))
    }
  return at
}

/** What a binding takes, seen through steps without an engine that hand on what they are given: a key does not name them. */
async function above(scope: RunScope, binding: Binding, at: { item: Item; index: number | undefined }): Promise<Place | undefined> {
  let { from } = binding
  const all = at.index === undefined ? undefined : await allItems(scope, from.domain, { open: false })
  let item = at.index === undefined ? itemFor(scope, from.domain, at.item) : all?.[at.index]
  while (item && from.type === 'step' && scope.plan.steps.get(from)?.unavailable) {
    const [first] = from.bindings
    if (!first) return undefined
    from = first.from
    item = itemFor(scope, from.domain, item)
  }
  return item && from.type === 'step' ? { step: from, item } : undefined
}

function isAnyUnavailable({ plan }: RunScope): boolean {
  for (const { unavailable } of plan.steps.values()) if (unavailable) return true
  return false
}

/** A result that stands on a step that was left out says so, also when it comes from the cache. Not by recursion: steps may be thousands. */
async function emitUnavailable(scope: RunScope, start: Place): Promise<void> {
  const seen = new Map<CompiledStep, Set<Item>>()
  const queue = [start]
  for (let at = queue.pop(); at; at = queue.pop()) {
    const { step, item } = at
    const items = seen.get(step) ?? new Set()
    if (items.has(item)) continue
    seen.set(step, items.add(item))
    const unavailable = scope.plan.steps.get(step)?.unavailable
    if (unavailable) emitDiagnostic(scope, unavailable, { page: item.page, step: step.id })
    for (const { from, spec } of step.bindings) {
      if (from.type !== 'step' || expands(from.operation)) continue
      const own = spec.many ? await allItems(scope, from.domain, { open: false }) : [itemFor(scope, from.domain, item)]
      for (const next of own ?? []) if (next) queue.push({ step: from, item: next })
    }
  }
}

import { digestOf } from '../artifact/digest.ts'
import { canonicalJson } from '../key/canonical-json.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import { type PlannedStep, runnerId, type Segment, waysOf } from './plan.ts'

/** Cuts steps, each behind what it takes, into chains that run together; each is found by the step that ends it. */
export function cutSegments(steps: ReadonlyMap<CompiledStep, PlannedStep>): Map<CompiledStep, Segment> {
  const segments = new Map<CompiledStep, Segment>()
  for (const [step, last] of steps) {
    if (!last.border) continue
    const chain: PlannedStep[] = [last]
    for (let at = before(last, steps); at && !at.border; at = before(at, steps)) chain.unshift(at)
    segments.set(step, { name: nameOf(chain, segments), last, steps: chain, skipped: new Set() })
  }
  return segments
}

function before(planned: PlannedStep, steps: ReadonlyMap<CompiledStep, PlannedStep>): PlannedStep | undefined {
  const from = planned.chained?.from
  return from?.type === 'step' ? steps.get(from) : undefined
}

function nameOf(chain: readonly PlannedStep[], above: ReadonlyMap<CompiledStep, Segment>): string {
  const parts = chain.map((planned) => [
    planned.step.operation.name,
    planned.step.operation.version,
    planned.codec ?? null,
    waysOf(planned).map((way) => [way.with, way.skip, way.chosen?.fingerprint ?? null]),
    (planned.step.definition.perPage ?? []).map(({ pages }) => pages),
  ])
  const inside = new Set(chain.map(({ step }) => step))
  const sources = chain.flatMap(({ step }) =>
    step.bindings.map(({ from }) => (from.type === 'step' && !inside.has(from) ? (above.get(from)?.name ?? null) : null)),
  )
  const id = runnerId((chain.at(-1) as PlannedStep).step).slice(0, 150)
  const digest = digestOf(new TextEncoder().encode(canonicalJson([parts, sources])))
  return `${id} ${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`
}

import type { Digest } from '../artifact/digest.ts'
import type { PageId } from '../artifact/page-id.ts'
import type { Json } from '../errors/error.ts'
import { toJson } from '../key/canonical-json.ts'
import { memoKey } from '../key/result-key.ts'
import type { PlannedStep, Segment } from '../plan/plan.ts'
import { isInternal } from '../plugin/output-operations.ts'
import type { SegmentCall, SegmentHooks, SegmentStep } from '../ports/step-runner.ts'
import type { Item, RunScope } from './scope.ts'
import type { SegmentInputs } from './segment-inputs.ts'

/** A segment over one page as a runner takes it. */
export function segmentCall(scope: RunScope, segment: Segment, at: { item: Item; inputs: SegmentInputs }): SegmentCall {
  const steps = segment.steps.map((planned) =>
    segmentStep(scope, planned, { bindings: at.inputs.bindings.get(planned.step), geometry: at.inputs.geometry.get(planned.step) }),
  )
  return { steps, inputs: at.inputs.payloads, page: at.item.page, limits: scope.limits }
}

/** A step as a runner takes it. */
export function segmentStep(
  scope: Pick<RunScope, 'limits'>,
  { step, chosen }: PlannedStep,
  { bindings = {}, geometry }: Pick<SegmentStep, 'geometry'> & Partial<Pick<SegmentStep, 'bindings'>>,
): SegmentStep {
  const { definition } = step
  return {
    id: runnerId(step),
    path: `steps[${step.index}]`,
    use: step.operation.name,
    params: definition.with ?? {},
    engine: chosen?.engine.id ?? null,
    bindings,
    ...(geometry && { geometry }),
    onError: definition.onError ?? 'fail',
    timeoutMs: definition.timeoutMs ?? scope.limits.timeoutMs,
    retries: definition.retries ?? 0,
  }
}

/** Steps that encode an output bear their source's id in a plan, which a segment could not tell apart. */
export function runnerId(step: PlannedStep['step']): string {
  return isInternal(step.plugin) ? `${step.id} ${step.operation.name}` : step.id
}

/** What a runner tells the run, and what of it is not in an error. */
export interface SegmentWatch {
  readonly hooks: SegmentHooks
  /** The steps that were done before this one. */
  before(id: string): { id: string; ms: number }[]
}

/** The page that a segment is over, and the originals of what it takes: a sub-result holds text of them, and a purge must find it. */
interface Watched {
  readonly page: PageId
  readonly sources: ReadonlySet<Digest>
}

/** How a runner reports to the run. */
export function segmentHooks(scope: RunScope, segment: Segment, item: Watched): SegmentWatch {
  const begun: { id: string; at: number }[] = []
  const planned = new Map(segment.steps.map((entry) => [runnerId(entry.step), entry]))
  const visible = (id: string): boolean => {
    const entry = planned.get(id)
    return entry !== undefined && !isInternal(entry.step.plugin)
  }
  const hooks: SegmentHooks = {
    signal: scope.signal,
    started: (step) => {
      begun.push({ id: step, at: performance.now() })
      if (visible(step)) scope.emit({ type: 'step-started', step, page: item.page })
    },
    has: (descriptor) => scope.results.has(descriptor),
    progress: (step, done) => visible(step) && scope.emit({ type: 'step-progress', step, page: item.page, done }),
    memo: {
      get: async (step, key) => {
        const found = await scope.results.find(memoKeyOf(planned.get(step), key))
        if (!found || 'items' in found.output || !found.output.inline) return undefined
        return JSON.parse(new TextDecoder().decode(found.output.inline)) as Json
      },
      put: async (step, key, value) => {
        const entry = planned.get(step)
        const kept = await scope.results.keep(
          { bytes: new TextEncoder().encode(JSON.stringify(value)), mediaType: 'application/json' },
          'memory',
        )
        if (!kept.inline || !kept.descriptor) return
        const output = { kind: 'data', meta: null, matrix: null, descriptor: kept.descriptor, inline: kept.inline }
        await scope.results.publish(
          memoKeyOf(entry, key),
          {
            schemaVersion: 2,
            output,
            diagnostics: [],
            fingerprint: entry?.chosen?.fingerprint ?? null,
            sources: [...item.sources],
            createdAt: new Date().toISOString(),
          },
          ttlOf(entry),
        )
      },
    },
  }
  const before = (id: string): { id: string; ms: number }[] => {
    const failed = begun.findIndex((step) => step.id === id)
    return begun.slice(0, Math.max(0, failed)).map((step, index) => ({ id: step.id, ms: (begun[index + 1]?.at ?? step.at) - step.at }))
  }
  return { hooks, before }
}

/** What depends on a service that may answer otherwise tomorrow is kept for 30 days. */
const NON_DETERMINISTIC_TTL_MS = 30 * 24 * 3600 * 1000

export function ttlOf(planned: PlannedStep | undefined): { ttlMs?: number } {
  return planned?.step.operation.traits?.deterministic === false ? { ttlMs: NON_DETERMINISTIC_TTL_MS } : {}
}

function memoKeyOf(planned: PlannedStep | undefined, key: Json): string {
  const operation = planned?.step.operation
  const parts = {
    plugin: planned?.step.plugin.name ?? '',
    operation: operation?.name ?? '',
    version: operation?.version ?? 0,
    fingerprint: planned?.chosen?.fingerprint ?? null,
    params: null,
  }
  return memoKey(parts, toJson(key))
}

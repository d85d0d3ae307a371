import type { Digest } from '../artifact/digest.ts'
import type { Json } from '../errors/error.ts'
import { toJson } from '../key/canonical-json.ts'
import { memoKey } from '../key/result-key.ts'
import { type PlannedStep, runnerId, type Segment } from '../plan/plan.ts'
import { isInternal } from '../plugin/output-operations.ts'
import type { SegmentCall, SegmentHooks, SegmentStep } from '../ports/step-runner.ts'
import type { RunContext } from './context.ts'
import type { Item } from './item.ts'
import { writeMemo } from './result-records.ts'
import type { SegmentInputs } from './segment-inputs.ts'
import { type Log, tellOfRun } from './tell.ts'

/** A segment over one page as a runner takes it. */
export function segmentCall(run: RunContext, segment: Segment, at: { item: Item; inputs: SegmentInputs }): SegmentCall {
  const { bindings, geometry } = at.inputs
  const steps = segment.steps.map((planned) =>
    segmentStep(run, planned, { bindings: bindings.get(planned.step), geometry: geometry.get(planned.step) }),
  )
  return { steps, inputs: at.inputs.payloads, page: at.item.page, limits: run.limits }
}

/** A step as a runner takes it. */
export function segmentStep(
  { limits }: Pick<RunContext, 'limits'>,
  { step, chosen, with: params }: PlannedStep,
  { bindings = {}, geometry }: { bindings?: SegmentStep['bindings'] | undefined; geometry?: SegmentStep['geometry'] | undefined },
): SegmentStep {
  const { definition } = step
  return {
    id: runnerId(step),
    path: `steps[${step.index}]`,
    use: step.operation.name,
    params: { ...params },
    engine: chosen?.engine.id ?? null,
    // In the order of the ports: a result lies on what the first one takes.
    bindings: Object.fromEntries(step.bindings.flatMap(({ port }) => (bindings[port] ? [[port, bindings[port]]] : []))),
    ...(geometry && { geometry }),
    onError: definition.onError ?? 'fail',
    timeoutMs: definition.timeoutMs ?? limits.timeoutMs,
    retries: definition.retries ?? 0,
  }
}

/** What a runner tells the run, and what of it is not in an error. */
export interface SegmentWatch {
  readonly hooks: SegmentHooks
  /** The steps that were done before this one. */
  before(id: string): Log['steps']
}

/** How a runner reports to the run. A sub-result holds text of the originals: a purge must find it. */
export function segmentHooks(run: RunContext, segment: Segment, at: { item: Item; sources: ReadonlySet<Digest> }): SegmentWatch {
  const { item, sources } = at
  const { page } = item
  const { tally, results, signal } = run
  const begun: { id: string; at: number }[] = []
  const planned = new Map(segment.steps.map((entry) => [runnerId(entry.step), entry]))
  const stepOf = (id: string): PlannedStep => planned.get(id) ?? segment.last
  // What is taken apart is no page of the step that does it.
  const isShown = ({ step }: PlannedStep): boolean => !isInternal(step.plugin) && step.domain === item.domain
  const hooks: SegmentHooks = {
    signal,
    started: (step) => {
      begun.push({ id: step, at: performance.now() })
      if (isShown(stepOf(step))) tally.emit({ type: 'step-started', step, page })
    },
    has: (descriptor) => results.has(descriptor),
    report: (diagnostic) => tellOfRun(run, diagnostic),
    progress: (step, done) => isShown(stepOf(step)) && tally.emit({ type: 'step-progress', step, page, done }),
    memo: {
      get: async (step, key) => {
        const found = await results.find(memoKeyOf(stepOf(step), key))
        if (!found || 'items' in found.output || !found.output.inline) return undefined
        return JSON.parse(new TextDecoder().decode(found.output.inline)) as Json
      },
      put: (step, key, value) => writeMemo(run, stepOf(step), { key: memoKeyOf(stepOf(step), key), value, sources }),
    },
  }
  const before = (id: string): Log['steps'] => {
    const failed = begun.findIndex((step) => step.id === id)
    const done = begun.slice(0, Math.max(0, failed))
    return done.map((step, index) => ({ id: step.id, ms: (begun[index + 1]?.at ?? step.at) - step.at, outcome: 'done' }))
  }
  return { hooks, before }
}

function memoKeyOf({ step, chosen }: PlannedStep, key: Json): string {
  const { plugin, operation } = step
  const fingerprint = chosen?.fingerprint ?? null
  return memoKey({ plugin: plugin.name, operation: operation.name, version: operation.version, fingerprint, params: null }, toJson(key))
}

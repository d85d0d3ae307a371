import { compose } from '../artifact/matrix.ts'
import type { Registry } from '../plugin/registry.ts'
import type {
  OpenExpansion,
  Payload,
  SegmentBinding,
  SegmentCall,
  SegmentHooks,
  SegmentResult,
  SegmentStep,
  SegmentValue,
} from '../ports/step-runner.ts'

/** Somewhere that segments run. */
export interface Place {
  run(call: SegmentCall, hooks: SegmentHooks): Promise<SegmentResult>
  open(call: SegmentCall, hooks: SegmentHooks): Promise<OpenExpansion>
}

/** True for a step whose engine is on the network: only the parent has its secrets. */
export function isNetwork(step: SegmentStep, registry: Registry): boolean {
  const engines = registry.operations.get(step.use)?.operation.engines
  return step.engine !== null && engines?.find((engine) => engine.id === step.engine)?.network === true
}

/**
 * Runs the steps with a network engine in `network` and the others in `local`, in their order. A segment of one sort, which is nearly
 * every one, is handed over as it is.
 */
export function splitByNetwork(registry: Registry, places: { local: Place; network: Place }): Place {
  const placeOf = (steps: readonly SegmentStep[]): Place =>
    steps.some((step) => isNetwork(step, registry)) ? places.network : places.local

  const runFirst = async (call: SegmentCall, parts: SegmentStep[][], hooks: SegmentHooks): Promise<Joined> => {
    let joined: Joined = { call, before: undefined }
    for (const steps of parts) {
      const next = partCall(call, steps, joined.before)
      const result = await placeOf(steps).run(next, hooks)
      joined = { call, before: joined.before ? join(joined.before, result, steps) : result }
      if ('hole' in result) break
    }
    return joined
  }

  return {
    async run(call, hooks) {
      const parts = partsOf(call.steps, registry)
      if (parts.length === 1) return placeOf(call.steps).run(call, hooks)
      return (await runFirst(call, parts, hooks)).before as SegmentResult
    },
    async open(call, hooks) {
      const parts = partsOf(call.steps, registry)
      const last = parts.at(-1) as SegmentStep[]
      if (parts.length === 1) return placeOf(last).open(call, hooks)
      const { before } = await runFirst(call, parts.slice(0, -1), hooks)
      if (!before || 'hole' in before) return holeOf(before as SegmentResult)
      return joinExpansion(before, await placeOf(last).open(partCall(call, last, before), hooks), last)
    },
  }
}

interface Joined {
  readonly call: SegmentCall
  readonly before: SegmentResult | undefined
}

function partsOf(steps: readonly SegmentStep[], registry: Registry): SegmentStep[][] {
  const parts: SegmentStep[][] = []
  let sort: boolean | undefined
  for (const step of steps) {
    const network = isNetwork(step, registry)
    if (network === sort) parts.at(-1)?.push(step)
    else parts.push([step])
    sort = network
  }
  return parts
}

/** The call for a later part: what came out of the part before becomes one more input. */
function partCall(call: SegmentCall, steps: readonly SegmentStep[], before: SegmentResult | undefined): SegmentCall {
  if (!before || 'hole' in before) return { ...call, steps }
  const inputs = [...call.inputs, toPayload(before.value)]
  const handedOn: SegmentBinding = { input: call.inputs.length }
  const [first, ...others] = steps as [SegmentStep, ...SegmentStep[]]
  const bindings = Object.fromEntries(
    Object.entries(first.bindings).map(([port, binding]) => [port, 'chain' in binding ? handedOn : binding]),
  )
  return { ...call, inputs, steps: [{ ...first, bindings }, ...others] }
}

function toPayload({ kind, meta, mediaType, properties, bytes }: SegmentValue): Payload {
  return { kind, meta, mediaType, properties, load: async () => bytes }
}

function join(before: SegmentResult, after: SegmentResult, steps: readonly SegmentStep[]): SegmentResult {
  const log = { steps: [...before.steps, ...after.steps], diagnostics: [...before.diagnostics, ...after.diagnostics] }
  if ('hole' in after) return { ...log, hole: after.hole }
  return { ...log, value: mapThrough(before, after.value, steps) }
}

function mapThrough<Value extends Pick<SegmentValue, 'matrix' | 'size'>>(
  before: SegmentResult,
  value: Value,
  steps: readonly SegmentStep[],
): Value {
  const [binding] = Object.values(steps[0]?.bindings ?? {})
  const follows = binding !== undefined && 'chain' in binding && 'value' in before
  if (!follows) return { ...value, matrix: null }
  const { matrix, size = value.size } = before.value
  return { ...value, matrix: compose(matrix, value.matrix), ...(size && { size }) }
}

function joinExpansion(before: SegmentResult, opened: OpenExpansion, steps: readonly SegmentStep[]): OpenExpansion {
  return {
    length: opened.length,
    steps: [...before.steps, ...opened.steps],
    diagnostics: [...before.diagnostics, ...opened.diagnostics],
    async at(index, hooks) {
      const item = await opened.at(index, hooks)
      if ('kept' in item) return { ...item, kept: mapThrough(before, item.kept, steps) }
      return 'hole' in item ? item : { ...item, value: mapThrough(before, item.value, steps) }
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  }
}

function holeOf(result: SegmentResult): OpenExpansion {
  return {
    length: 1,
    steps: result.steps,
    diagnostics: result.diagnostics,
    at: async () => ({ ...result, steps: [], diagnostics: [] }),
    async [Symbol.asyncDispose]() {},
  }
}

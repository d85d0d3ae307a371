import type { Registry } from '../plugin/registry.ts'
import type { OpenExpansion, SegmentCall, SegmentHooks, SegmentResult, SegmentStep } from '../ports/step-runner.ts'

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

/** Runs a step with a network engine, which is a segment of its own in every plan, in `network`, and all others in `local`. */
export function splitByNetwork(registry: Registry, { local, network }: { local: Place; network: Place }): Place {
  const placeOf = ({ steps }: SegmentCall): Place => (steps.some((step) => isNetwork(step, registry)) ? network : local)
  return {
    run: (call, hooks) => placeOf(call).run(call, hooks),
    open: (call, hooks) => placeOf(call).open(call, hooks),
  }
}

import type { Properties } from '../artifact/artifact.ts'
import { type Identity, resultKey } from '../key/result-key.ts'
import type { PlannedStep, Segment } from '../plan/plan.ts'
import type { SegmentInputs } from './segment-inputs.ts'

/** The key of a step whose inputs are these. */
export function keyOf(
  planned: PlannedStep,
  inputs: Readonly<Record<string, Identity | readonly Identity[]>>,
  properties?: Properties,
): string {
  const { step, chosen, codec, params } = planned
  return resultKey({
    plugin: step.plugin.name,
    operation: step.operation.name,
    version: step.operation.version,
    fingerprint: chosen?.fingerprint ?? null,
    params,
    ...(codec === undefined ? {} : { codec }),
    ...(properties === undefined ? {} : { properties: { ...properties } }),
    inputs,
  })
}

/** The key of a segment's result from what its inputs turned out to be. */
export function actualKey(segment: Segment, { identities, primary }: Pick<SegmentInputs, 'identities' | 'primary'>): string {
  let previous: Identity | undefined
  let key = ''
  for (const planned of segment.steps) {
    const { step, chained } = planned
    const chain = previous && chained ? { [chained.port]: previous } : {}
    key = keyOf(planned, { ...identities.get(step), ...chain }, step.operation.traits?.properties ? primary?.origin.properties : undefined)
    previous = { key }
  }
  return key
}

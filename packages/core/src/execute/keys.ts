import type { Properties } from '../artifact/artifact.ts'
import { toJson } from '../key/canonical-json.ts'
import { type Identity, resultKey } from '../key/result-key.ts'
import { dropsProperties, seesProperties } from '../operation/operation.ts'
import type { PlannedStep, Segment } from '../plan/plan.ts'
import type { InputGeometry } from '../ports/step-runner.ts'
import type { SegmentInputs } from './segment-inputs.ts'

/** The key of a step whose inputs are these. */
export function keyOf(
  planned: PlannedStep,
  inputs: Readonly<Record<string, Identity | readonly Identity[]>>,
  { properties, geometry }: { properties?: Properties | undefined; geometry?: InputGeometry | null | undefined } = {},
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
    ...(geometry ? { geometry: toJson(geometry) } : {}),
    inputs,
  })
}

/** The key of a segment's result from what its inputs turned out to be. */
export function actualKey(
  segment: Segment,
  { identities, geometry, primary }: Pick<SegmentInputs, 'identities' | 'geometry' | 'primary'>,
): string {
  let previous: Identity | undefined
  let key = ''
  let given = primary?.origin.properties
  for (const planned of segment.steps) {
    const { step, chained } = planned
    const chain = previous && chained ? { [chained.port]: previous } : {}
    if (dropsProperties(step.operation)) given = {}
    const properties = seesProperties(step.operation) ? given : undefined
    key = keyOf(planned, { ...identities.get(step), ...chain }, { properties, geometry: geometry.get(step) })
    previous = { key }
  }
  return key
}

import type { Json } from '../errors/error.ts'
import { toJson } from '../key/canonical-json.ts'
import { type Identity, resultKey } from '../key/result-key.ts'
import { dropsProperties, seesProperties } from '../operation/operation.ts'
import type { Binding, CompiledInput, CompiledStep } from '../pipeline/compiled.ts'
import { expands } from '../pipeline/domains.ts'
import type { PlannedStep, Segment } from '../plan/plan.ts'
import type { InputGeometry } from '../ports/step-runner.ts'
import { expectedGeometry } from './geometry.ts'
import { groundOf } from './ground.ts'
import { inputCell } from './inputs-of-run.ts'
import { allItems, itemFor } from './items.ts'
import type { Cell } from './run-artifact.ts'
import type { Item, RunScope } from './scope.ts'
import type { SegmentInputs } from './segment-inputs.ts'

/** The key of a step whose inputs are these. */
export function keyOf(
  planned: PlannedStep,
  inputs: Readonly<Record<string, Identity | readonly Identity[]>>,
  { properties, geometry }: { properties?: Json | undefined; geometry?: InputGeometry | null | undefined } = {},
): string {
  const { step, chosen, codec } = planned
  return resultKey({
    plugin: step.plugin.name,
    operation: step.operation.name,
    version: step.operation.version,
    fingerprint: chosen?.fingerprint ?? null,
    params: step.params,
    ...(codec === undefined ? {} : { codec }),
    ...(properties === undefined ? {} : { properties }),
    ...(geometry ? { geometry: toJson(geometry) } : {}),
    inputs,
  })
}

/**
 * The key of a step's result on one page as far as it can be known without computing anything: from the inputs' digests, and from the items of
 * expansions that are known. Undefined when an expansion above has not been opened yet.
 */
export function expectedKey(scope: RunScope, step: CompiledStep, item: Item): Promise<string | undefined> {
  const known = item.keys.get(step)
  if (known) return known
  // Begun on an empty stack: the steps above it come one within the other, and there may be thousands of them.
  const begun = Promise.resolve().then(() => makeExpectedKey(scope, step, item))
  const key = begun.then((made) => {
    // Pages that are not known yet may be later.
    if (made === undefined) item.keys.delete(step)
    return made
  })
  item.keys.set(step, key)
  return key
}

async function makeExpectedKey(scope: RunScope, step: CompiledStep, item: Item): Promise<string | undefined> {
  const planned = scope.plan.steps.get(step)
  if (!planned) return undefined
  const inputs: Record<string, Identity | Identity[]> = {}
  for (const binding of step.bindings) {
    const identity = binding.spec.many ? await expectedSequence(scope, binding) : await expectedIdentity(scope, binding, item)
    if (identity === undefined) return undefined
    inputs[binding.port] = identity
  }
  // Of an input its content tells the properties; an item of an expansion has those of the original that it was made from.
  const ground = seesProperties(step.operation) ? await groundOf(scope, step, item) : undefined
  const properties = ground?.base && (ground.isBare ? {} : { ...ground.base.origin.properties })
  const geometry = await expectedGeometry(scope, step, item)
  return geometry === undefined ? undefined : keyOf(planned, inputs, { properties, geometry })
}

async function expectedIdentity(scope: RunScope, binding: Binding, item: Item): Promise<Identity | undefined> {
  const { from } = binding
  const at = itemFor(scope, from.domain, item)
  if (at === undefined) return undefined
  return from.type === 'input' ? inputIdentity(scope, from, at) : stepIdentity(scope, from, at)
}

async function inputIdentity(scope: RunScope, input: CompiledInput, item: Item): Promise<Identity | undefined> {
  return identityOf(await (item.base ? item.base() : inputCell(scope, input)))
}

async function stepIdentity(scope: RunScope, step: CompiledStep, item: Item): Promise<Identity | undefined> {
  if (expands(step.operation)) return item.base ? identityOf(await item.base()) : undefined
  const planned = scope.plan.steps.get(step)
  if (planned?.unavailable) {
    if (step.definition.onError !== 'pass') return { hole: step.id }
    const [first] = step.bindings
    return first && expectedIdentity(scope, first, item)
  }
  const key = await expectedKey(scope, step, item)
  return key === undefined ? undefined : { key }
}

async function expectedSequence(scope: RunScope, binding: Binding): Promise<Identity[] | undefined> {
  const items = await allItems(scope, binding.from.domain, { open: false })
  if (items === undefined) return undefined
  const identities: Identity[] = []
  for (const item of items) {
    const identity =
      binding.from.type === 'input' ? await inputIdentity(scope, binding.from, item) : await stepIdentity(scope, binding.from, item)
    if (identity === undefined || 'hole' in identity) return undefined
    identities.push(identity)
  }
  return identities
}

function identityOf(cell: Cell): Identity | undefined {
  return cell.type === 'done' ? cell.artifact.identity : undefined
}

/** The key of a segment's result from what its inputs turned out to be. `inputs` by step and port. */
export function actualKey(
  segment: Segment,
  { identities, geometry }: Pick<SegmentInputs, 'identities' | 'geometry'>,
  ofPrimary: Json | undefined,
): string {
  let previous: Identity | undefined
  let key = ''
  let given = ofPrimary
  for (const planned of segment.steps) {
    const { step, chained } = planned
    const own = identities.get(step) ?? {}
    const chain = previous && chained ? { [chained.port]: previous } : {}
    if (dropsProperties(step.operation)) given = {}
    const properties = seesProperties(step.operation) ? given : undefined
    key = keyOf(planned, { ...own, ...chain }, { properties, geometry: geometry.get(step) })
    previous = { key }
  }
  return key
}

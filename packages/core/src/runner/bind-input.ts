import type { OriginalSize, Properties } from '../artifact/artifact.ts'
import { compose, identity, type Matrix } from '../artifact/matrix.ts'
import { sequenceOf } from '../artifact/sequence.ts'
import { ImageDocError } from '../errors/error.ts'
import type { Context } from '../operation/context.ts'
import type { AnyOperation } from '../operation/operation.ts'
import { pageItem } from '../operation/page-item.ts'
import { isOptional, isPort, namedPorts, type Port } from '../operation/port.ts'
import type { SegmentBinding, SegmentCall, SegmentStep } from '../ports/step-runner.ts'
import { betweenInputs } from './between-inputs.ts'
import { convert } from './convert.ts'
import type { Converted, Edge } from './edge.ts'
import { type Chain, chainOf, type LiveValue } from './live-value.ts'

/** What `run` gets as its input, and how it lies in the segment's first input. */
export interface BoundInput {
  readonly input: unknown
  /** From the step's first port to the segment's first input. A getter: a lazy sequence is decoded while `run` runs. */
  readonly matrix: () => Matrix | null
  readonly properties: () => Properties
  readonly size: () => OriginalSize | undefined
  readonly between: Context['between']
  /** Values that nobody but this step uses: the result of the step before, and what was decoded for it. */
  readonly owned: readonly unknown[]
}

interface Binder {
  readonly call: SegmentCall
  readonly chain: Chain | undefined
  readonly edge: Edge
}

/** The chain that a step begins with: what its first port is bound to, before any conversion. Undefined for a sequence of several. */
export function chainInto(step: SegmentStep, call: SegmentCall, chain: Chain | undefined): Chain | undefined {
  const binding = Object.values(step.bindings)[0]
  if (binding === undefined || 'chain' in binding) return chain
  const index = 'input' in binding ? binding.input : binding.sequence.length === 1 ? binding.sequence[0] : null
  const payload = index === null || index === undefined ? undefined : call.inputs[index]
  if (!payload) return undefined
  // Only the first step's first input is where the segment's map leads to.
  return chain === undefined ? chainOf(payload) : { ...chainOf(payload), matrix: null }
}

/** Values for every port, converted; sequences load and convert an item when it is asked for. */
export async function bindInput(step: SegmentStep, operation: AnyOperation, binder: Binder): Promise<BoundInput> {
  const before = chainInto(step, binder.call, binder.chain)
  // Without the value: an expansion asks for these as long as it is open, and must not hold its document so.
  let found: Pick<Converted, 'matrix' | 'properties' | 'size'> = {}
  const values: Record<string, unknown> = {}
  const owned: unknown[] = []
  const decoded = new Map<string, Matrix>()
  for (const [index, [name, port]] of Object.entries(namedPorts(operation.input)).entries()) {
    const onDecode = (converted: Converted): void => {
      if (index === 0) {
        const { value: _, ...rest } = converted
        found = rest
      }
      if (!port.many && isOwned(converted, step.bindings[name])) owned.push(converted.value)
    }
    const binding = step.bindings[name]
    if (!binding && isOptional(port)) continue
    const onRead = (at: number, { matrix = identity }: Converted): void => void decoded.set(`${name} ${at}`, matrix)
    values[name] = await bindPort(port, binding ?? missing(step, name), { ...binder, onDecode, onRead })
  }
  return {
    input: isPort(operation.input) ? values['input'] : values,
    matrix: () => compose(before?.matrix ?? (before ? null : identity), found.matrix ?? identity),
    properties: () => ({ ...before?.properties, ...found.properties }),
    size: () => before?.size ?? found.size,
    between: betweenInputs(step, decoded),
    owned,
  }
}

/** A chain's value was made by the step before (an input handed on is still a payload, and decoded anew); an input's is its caller's unless it was decoded. */
function isOwned(converted: Converted, binding: SegmentBinding | undefined): boolean {
  return converted.matrix !== undefined || (binding !== undefined && 'chain' in binding && converted.made === true)
}

interface PortBinder extends Binder {
  /** Told of the first item's conversion. */
  onDecode(converted: Converted): void
  /** Told of every item's. */
  onRead(index: number, converted: Converted): void
}

async function bindPort(port: Port, binding: SegmentBinding, binder: PortBinder): Promise<unknown> {
  if (!port.many) {
    if ('sequence' in binding) throw new ImageDocError('INTERNAL', `"${binder.edge.use}" takes one value, but was bound to a sequence.`)
    const converted = await convert(liveOf(binding, binder), port, binder.edge)
    binder.onDecode(converted)
    binder.onRead(0, converted)
    return converted.value
  }
  const items: readonly (LiveValue | null)[] =
    'sequence' in binding ? binding.sequence.map((index) => (index === null ? null : payloadOf(index, binder))) : [liveOf(binding, binder)]
  const item: Port = { ...port, many: false }
  const told = new Set<number>()
  const at = async (index: number): Promise<unknown> => {
    // An operation may ask for an item twice; what was found in it is said once.
    const edge = told.has(index) ? { ...binder.edge, report: () => {} } : binder.edge
    told.add(index)
    const converted = await convert(items[index] as LiveValue, item, edge)
    if (index === 0) binder.onDecode(converted)
    binder.onRead(index, converted)
    // An operation that hands items on hands on where they came from, too.
    const { value, matrix, size } = converted
    return matrix ? pageItem(value as object, { matrix, ...(size && { size }) }) : value
  }
  return sequenceOf(items.length, at, (index) => items[index] !== null)
}

function liveOf(binding: Exclude<SegmentBinding, { sequence: unknown }>, binder: Binder): LiveValue {
  if ('input' in binding) return payloadOf(binding.input, binder)
  if (!binder.chain)
    throw new ImageDocError('INTERNAL', `"${binder.edge.use}" is the first step of its segment, but wants the result of the one before.`)
  return binder.chain.live
}

function payloadOf(index: number, binder: Binder): LiveValue {
  const payload = binder.call.inputs[index]
  if (!payload) throw new ImageDocError('INTERNAL', `The segment has no input ${index}.`)
  return { payload }
}

function missing(step: SegmentStep, port: string): never {
  throw new ImageDocError('INTERNAL', `Nothing is bound to the port "${port}" of "${step.use}".`)
}

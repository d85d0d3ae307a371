import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import type { Properties } from '../artifact/artifact.ts'
import { digestOf } from '../artifact/digest.ts'
import type { AnyKind } from '../artifact/kind.ts'
import { defaultLimits } from '../artifact/limits.ts'
import { identity, type Matrix } from '../artifact/matrix.ts'
import { type Sequence, sequenceOf } from '../artifact/sequence.ts'
import type { Json } from '../errors/error.ts'
import type { AnyOperation, Result } from '../operation/operation.ts'
import { pageItemExtra } from '../operation/page-item.ts'
import { namedPorts, type Ports } from '../operation/port.ts'
import type { Plugin } from '../plugin/plugin.ts'
import type { Registry } from '../plugin/registry.ts'
import { checkOutput, checkSequence, type OutputCheck } from '../runner/check-output.ts'
import { scaleOf } from '../scale/scale.ts'
import { type LoopHold, watchLoop } from './loop-watch.ts'

/** Another value of one parameter, which must change the result. */
export interface ParameterEffect {
  value: Json
  /** Further parameters without which this one has no say, on both sides of the comparison. */
  with?: Readonly<Record<string, Json>>
  /** Another input, on both sides. @default the sample's */
  input?: unknown
}

/** How the contract may try out one operation. */
export interface OperationSample {
  /**
   * What `run` is given: a value; by port where the input has named ports; a list for a `many` port. Where a value can be read only once, or is
   * made at some cost, a function that makes it.
   */
  input: unknown
  /** One as large as users have, on which an operation with `blocking: false` must yield, too. @default input */
  large?: unknown
  /** As in a pipeline. @default none */
  params?: Readonly<Record<string, Json>>
  /** For every parameter of the operation. */
  effects?: Readonly<Record<string, ParameterEffect>>
  /** Id of the engine to use. @default the first that is available */
  engine?: string
  /** For an operation with `traits.properties`. */
  properties?: Properties
  /** Names of parameters without an effect on the result, each with the reason. */
  without?: Readonly<Record<string, string>>
}

/** One value that an operation gave, with its kind. */
export interface OutputValue {
  readonly value: unknown
  readonly kind: AnyKind
  /** From the value to the first input. */
  readonly matrix: Matrix | null | undefined
}

/** What a sample's operation gave. */
export interface SampleResult {
  readonly values: readonly OutputValue[]
  /** Of all values: kind, what an operation may know of them, bytes and matrix. */
  readonly digest: string
  /** Of the input as it was before and after. */
  readonly input: { before: string; after: string }
  /** Of the event loop, while `run` was at work and its items were made. */
  readonly hold: LoopHold
}

/** An operation that is tried out. */
export interface Tried {
  readonly registry: Registry
  readonly plugin: Plugin
  readonly operation: AnyOperation
  readonly sample: OperationSample
}

/** Runs an operation on its sample with these parameters. @throws what it throws; OPERATION_CONTRACT when the output is not what it declares */
export async function runSample(
  tried: Tried,
  at: { params?: Readonly<Record<string, Json>>; input?: unknown; signal?: AbortSignal } = {},
): Promise<SampleResult> {
  const { operation, sample, plugin, registry } = tried
  const params = operation.params.parse(at.params ?? sample.params ?? {})
  const input = inputOf(operation, at.input ?? sample.input)
  const before = await digestOfValue(input)
  const check: OutputCheck = { registry, operation, plugin, limits: defaultLimits }
  await using engine = await openEngine(tried, params)
  await using folder = await temporaryFolder()
  const context = {
    signal: at.signal ?? new AbortController().signal,
    limits: defaultLimits,
    tmp: folder.path,
    engine: engine.instance,
    properties: sample.properties ?? {},
    progress: () => undefined,
    report: () => undefined,
    scale: scaleOf,
    // A sample's inputs are of one grid.
    between: () => identity,
    memo: <Value extends Json>(_: Json, compute: () => Promise<Value>) => compute(),
  }
  const watch = watchLoop()
  const result: Result<unknown> = await operation.run({ input, params, context })
  const values = operation.output.many ? await itemsOf(result, check) : [outputOf(result.output, result.matrix, check)]
  const hold = watch.stop()
  const digest = digestOf(serialize(await Promise.all(values.map(describe))))
  await (result.output as Partial<AsyncDisposable> | undefined)?.[Symbol.asyncDispose]?.()
  return { values, digest, input: { before, after: await digestOfValue(input) }, hold }
}

async function itemsOf(result: Result<unknown>, check: OutputCheck): Promise<OutputValue[]> {
  const sequence = checkSequence(result.output, check)
  const values: OutputValue[] = []
  for (let index = 0; index < sequence.length; index++) {
    const value = await sequence.at(index)
    const { matrix } = pageItemExtra(value)
    values.push(outputOf(value, matrix === undefined ? result.matrix : matrix, check))
  }
  return values
}

function outputOf(value: unknown, matrix: Matrix | null | undefined, check: OutputCheck): OutputValue {
  return { value, matrix, kind: checkOutput(value, check) }
}

function describe({ value, kind, matrix }: OutputValue): unknown {
  const { mediaType, bytes } = kind.toBytes(value)
  return [kind.name, kind.describe(value), mediaType, digestOf(bytes), matrix ?? null]
}

/** The values of every port as `run` takes them, copied, so that no run sees what another has done to them. */
function inputOf(operation: AnyOperation, given: unknown): unknown {
  const ports: Ports = operation.input
  const named = namedPorts(ports)
  const value = typeof given === 'function' ? (given as () => unknown)() : given
  if (named === ports) {
    const values = value as Readonly<Record<string, unknown>>
    return Object.fromEntries(Object.entries(named).map(([name, port]) => [name, portValue(values[name], port.many)]))
  }
  return portValue(value, named['input']?.many === true)
}

function portValue(given: unknown, isMany: boolean): unknown {
  const value = typeof given === 'function' ? (given as () => unknown)() : given
  if (isSequence(value)) return value
  const copy = structuredClone(value)
  return isMany && Array.isArray(copy) ? sequenceOf(copy.length, (index) => copy[index]) : copy
}

function isSequence(value: unknown): value is Sequence<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { at?: unknown }).at === 'function' && Symbol.asyncIterator in value
  )
}

/** Digest of an input, sequences item by item. */
async function digestOfValue(value: unknown): Promise<string> {
  if (isSequence(value)) return digestOf(serialize(await Array.fromAsync(value, (item) => digestOfValue(item))))
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Array.isArray(value)) return digestOf(serialize(value))
  const members = await Promise.all(Object.entries(value).map(async ([name, member]) => [name, await digestOfValue(member)]))
  return digestOf(serialize(members))
}

async function openEngine({ operation, sample }: Tried, params: unknown): Promise<AsyncDisposable & { instance: unknown }> {
  const refused: string[] = []
  for (const engine of operation.engines ?? []) {
    if (sample.engine !== undefined && sample.engine !== engine.id) continue
    const answer = await engine.available(params as Json)
    if (answer.ok) {
      const instance = await engine.open()
      return { instance, [Symbol.asyncDispose]: async () => instance[Symbol.asyncDispose]() }
    }
    refused.push(`${engine.id}: ${answer.why} ${answer.remedy}`)
  }
  if (operation.engines && operation.engines.length > 0) {
    throw new Error(
      `No engine of ${operation.name} can be used here, so it cannot be tried. ${refused.join(' ')} Give the sample { skip: 'why' }.`,
    )
  }
  return { instance: undefined, async [Symbol.asyncDispose]() {} }
}

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'imagedoc-contract-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

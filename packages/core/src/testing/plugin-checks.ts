import type { z } from 'zod'
import { digestOf } from '../artifact/digest.ts'
import { invert, mapBox } from '../artifact/matrix.ts'
import { isImageDocError, type Json } from '../errors/error.ts'
import { canonicalJson } from '../key/canonical-json.ts'
import { namedPorts } from '../operation/port.ts'
import { paramsJsonSchema } from '../pipeline/json-schema.ts'
import type { Plugin } from '../plugin/plugin.ts'
import { type OutputValue, runSample, type Tried } from './plugin-samples.ts'

/** Says no with a message that names the operation, the rule and what to do. */
function demand(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message)
}

/** Name, versions and summaries are what users and pipelines will see. */
export function checkDescriptions(plugin: Plugin): void {
  const { name, version, apiVersion } = plugin
  demand(
    /^(imagedoc-plugin-[a-z0-9-]+|@[a-z0-9-]+\/imagedoc-plugin-[a-z0-9-]+|@imagedoc\/plugin-[a-z0-9-]+)$/.test(name),
    `The plugin is called "${name}"; a plugin's npm name is imagedoc-plugin-<what> or @scope/imagedoc-plugin-<what>.`,
  )
  demand(/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version), `The version "${version}" of "${name}" is no semantic version such as 1.0.0.`)
  demand(apiVersion === 1, `"${name}" is built for plugin interface ${apiVersion}; this is 1.`)
  demand(plugin.operations.length + plugin.codecs.length + plugin.kinds.length > 0, `"${name}" brings nothing.`)
  for (const operation of plugin.operations) {
    const { summary } = operation
    demand(
      /^\p{Lu}.*[.]$/u.test(summary) && summary.length <= 140,
      `The summary of ${operation.name} is "${summary}"; write one sentence of at most 140 characters, with a capital letter and a full stop.`,
    )
    const ids = (operation.engines ?? []).map((engine) => engine.id)
    demand(
      new Set(ids).size === ids.length && !ids.includes('auto'),
      `The engines of ${operation.name} need ids of their own, none "auto": ${ids.join(', ')}.`,
    )
  }
}

/** Threads and children make the plugin again from its module, without the secrets. */
export async function checkModule(plugin: Plugin): Promise<void> {
  demand(plugin.module !== undefined, `"${plugin.name}" is defined without "module": write module: import.meta.url in definePlugin.`)
  const module = (await import(plugin.module)) as { default?: unknown }
  demand(
    typeof module.default === 'function',
    `The module of "${plugin.name}" must default-export the factory that definePlugin gives: threads and children load the plugin by it. "module" is ${plugin.module}.`,
  )
  let made: Plugin
  try {
    made = (module.default as (options: unknown) => Plugin)(plugin.publicOptions)
  } catch (error) {
    throw new Error(
      `The factory of "${plugin.name}" must work without its secret options, which threads and children do not get: ${messageOf(error)} Make them optional.`,
    )
  }
  const names = (of: Plugin): string => [...of.operations.map((operation) => operation.name)].sort().join(', ')
  demand(
    made.name === plugin.name && names(made) === names(plugin),
    `The module's default export makes "${made.name}" with ${names(made)}; wanted is "${plugin.name}" with ${names(plugin)}.`,
  )
}

/** An editor, a form and a key need parameters that are JSON, and a misspelt one must not pass. */
export function checkParams({ operation, sample }: Tried): void {
  const { name, params } = operation
  let schema: { properties?: Record<string, { default?: Json }>; additionalProperties?: Json }
  try {
    params.toJSONSchema({ io: 'input' })
    schema = paramsJsonSchema(params) as typeof schema
  } catch (error) {
    throw new Error(`The parameters of ${name} have no JSON Schema: ${messageOf(error)}`)
  }
  demand(schema.additionalProperties === false, `The parameters of ${name} let unknown ones pass; use z.strictObject.`)
  for (const [parameter, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue
    const own = params.shape[parameter] as z.ZodType
    demand(
      own.safeParse(property.default).success,
      `The default of ${name}'s "${parameter}", ${JSON.stringify(property.default)}, is not a value that it takes.`,
    )
  }
  const parsed = params.safeParse(sample.params ?? {})
  demand(parsed.success, `The sample's parameters of ${name} are wrong: ${parsed.error?.message}`)
  if (operation.example)
    demand(params.safeParse(operation.example).success, `The example of ${name} is not a value that its parameters take.`)
  try {
    canonicalJson(parsed.data)
  } catch (error) {
    throw new Error(`The parsed parameters of ${name} are no JSON, so no result key can be made of them: ${messageOf(error)}`)
  }
}

/** What comes out is of the declared kind, and the same again after it was stored. */
export async function checkOutputs(tried: Tried): Promise<void> {
  const { name } = tried.operation
  const { values } = await runSample(tried)
  demand(values.length > 0, `${name} gave no item for its sample; take one that gives some.`)
  for (const { kind, value } of values) {
    const meta = kind.describe(value)
    const first = kind.toBytes(value)
    const again = kind.fromBytes({ mediaType: first.mediaType, bytes: Uint8Array.from(first.bytes) }, JSON.parse(JSON.stringify(meta)))
    const second = kind.toBytes(again)
    const same = digestOf(first.bytes) === digestOf(second.bytes) && first.mediaType === second.mediaType
    demand(
      same && canonicalJson(kind.describe(again)) === canonicalJson(meta),
      `The ${kind.name} that ${name} gave is another after it was stored and read back (toBytes, fromBytes).`,
    )
  }
}

/** The same input and parameters give the same result, or the traits say that they do not. */
export async function checkDeterminism(tried: Tried): Promise<void> {
  const { operation } = tried
  if (operation.traits?.deterministic === false) return
  const [first, second] = [await runSample(tried), await runSample(tried)]
  demand(
    first.digest === second.digest,
    `${operation.name} gave two results for one input. Make it deterministic, or declare traits: { deterministic: false }.`,
  )
}

/** Inputs are shared with other steps. */
export async function checkInputsUntouched(tried: Tried): Promise<void> {
  const { input } = await runSample(tried)
  demand(input.before === input.after, `${tried.operation.name} changed its input, which other steps read, too. Copy it first.`)
}

/**
 * Whether an operation that is cancelled ends soon, by itself or with CANCELLED. One that ends anyhow may give its result: nobody takes it.
 * @param withinMs how long a cancelled run may take
 */
export async function checkAbort(tried: Tried, withinMs: number): Promise<void> {
  const { name } = tried.operation
  const started = performance.now()
  const ended = await runSample(tried, { signal: AbortSignal.abort() }).then(
    () => undefined,
    (error: unknown) => error ?? new Error('nothing'),
  )
  const took = Math.round(performance.now() - started)
  const cancelled = ended === undefined || (isImageDocError(ended) ? ended.code === 'CANCELLED' : (ended as Error).name === 'AbortError')
  demand(cancelled, `${name} was cancelled, but failed with: ${messageOf(ended)} Throw CANCELLED: throwIfAborted(context.signal).`)
  demand(
    took <= withinMs,
    `${name} took ${took} ms to notice that it was cancelled; ${withinMs} ms are allowed. Call throwIfAborted(context.signal) in long loops.`,
  )
}

/** A shorter hold is felt by nobody. */
const LONG_HOLD_MS = 200
/** A machine that is busy with other things looks the same, but not three times. */
const HOLD_TRIES = 3

/** What runs in the main thread must let it go on with all else. */
export async function checkYields(tried: Tried): Promise<void> {
  const { name, traits } = tried.operation
  if (traits?.blocking !== false) return
  const input = tried.sample.large ?? tried.sample.input
  for (let tries = 1; ; tries++) {
    const { longestMs, totalMs } = (await runSample(tried, { input })).hold
    if (longestMs <= LONG_HOLD_MS || longestMs <= totalMs / 2) return
    demand(
      tries < HOLD_TRIES,
      `${name} says that it yields, but held the event loop for ${Math.round(longestMs)} of ${Math.round(totalMs)} ms. Drop "blocking: false" from its traits: it is run in a thread then, which a timeout or a cancel can stop.`,
    )
  }
}

/** A parameter that changes nothing is a promise that nobody keeps. */
export async function checkEffect(tried: Tried, parameter: string): Promise<void> {
  const { operation, sample } = tried
  const effect = sample.effects?.[parameter]
  demand(
    effect !== undefined,
    `The sample of ${operation.name} names no other value for "${parameter}". Add effects: { ${parameter}: { value: … } }.`,
  )
  const base = { ...sample.params, ...effect.with }
  const input = effect.input === undefined ? {} : { input: effect.input }
  const before = await runSample(tried, { ...input, params: base })
  const after = await runSample(tried, { ...input, params: { ...base, [parameter]: effect.value } })
  demand(
    before.digest !== after.digest,
    `"${parameter}" of ${operation.name} has no effect: ${JSON.stringify(effect.value)} gives the same result. Let it change the result, or remove it.`,
  )
}

/** A geometry operation says where its pixels come from. */
export async function checkGeometry(tried: Tried): Promise<void> {
  const { operation, sample } = tried
  const from = sizeOf(firstInput(tried))
  if (!from || operation.output.many) return
  for (const value of (await runSample(tried, { params: sample.params ?? {} })).values) checkMap(operation.name, from, value)
}

interface Size {
  width: number
  height: number
}

function checkMap(name: string, from: Size, { value, matrix }: OutputValue): void {
  const to = sizeOf(value)
  if (!to || matrix === null) return
  const resized = from.width !== to.width || from.height !== to.height
  demand(
    matrix !== undefined || !resized,
    `${name} made ${from.width} x ${from.height} pixels into ${to.width} x ${to.height}, but gave no matrix. Return one, from the output to the input, or null where there is no such map.`,
  )
  if (matrix === undefined) return
  demand(
    matrix.length === 9 && matrix.every(Number.isFinite) && invert(matrix) !== null,
    `The matrix of ${name} is no map: ${JSON.stringify(matrix)}.`,
  )
  const [x0, y0, x1, y1] = mapBox(matrix, [0, 0, to.width, to.height])
  const overlaps = x0 < from.width && x1 > 0 && y0 < from.height && y1 > 0
  const near = x1 - x0 <= 4 * Math.max(from.width, from.height) && y1 - y0 <= 4 * Math.max(from.width, from.height)
  demand(
    overlaps && near,
    `The matrix of ${name} maps its output to [${[x0, y0, x1, y1].map((edge) => edge.toFixed(1)).join(', ')}], which is not where the input of ${from.width} x ${from.height} pixels lies. It must lead from the output to the input.`,
  )
}

function firstInput({ operation, sample }: Tried): unknown {
  const ports = namedPorts(operation.input)
  const given = typeof sample.input === 'function' ? (sample.input as () => unknown)() : sample.input
  return ports === operation.input ? (given as Record<string, unknown>)[Object.keys(ports)[0] ?? ''] : given
}

function sizeOf(value: unknown): Size | undefined {
  const { width, height, blocks } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Size> & { blocks?: unknown }
  return typeof width === 'number' && typeof height === 'number' && blocks === undefined ? { width, height } : undefined
}

/** The fingerprint of every engine that can be used is JSON, and the same twice. */
export async function checkEngines({ operation, sample }: Tried): Promise<void> {
  const params = operation.params.parse(sample.params ?? {}) as Json
  for (const engine of operation.engines ?? []) {
    const answer = await engine.available(params)
    if (!answer.ok) {
      demand(
        answer.why.length > 0 && answer.remedy.length > 0,
        `The engine "${engine.id}" of ${operation.name} cannot be used; it must say why, and what to do.`,
      )
      continue
    }
    const [first, second] = [canonicalJson(await engine.fingerprint(params)), canonicalJson(await engine.fingerprint(params))]
    demand(
      first === second,
      `The fingerprint of the engine "${engine.id}" of ${operation.name} changes from one moment to the next: ${first}, ${second}.`,
    )
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { mediaTypeOfName } from '../artifact/media-type.ts'
import { ImageDocError } from '../errors/error.ts'
import { seesGeometry } from '../operation/operation.ts'
import { kindsOf, membersOf, namedPorts, type Port } from '../operation/port.ts'
import type { Binding, CompiledInput, CompiledPipeline, CompiledStep, Variant } from '../pipeline/compiled.ts'
import type { StepDefinition } from '../pipeline/definition.ts'
import { expands } from '../pipeline/domains.ts'
import { invalidPipeline } from '../pipeline/problem.ts'
import type { Codec } from '../plugin/codec.ts'
import { outputOperationName } from '../plugin/output-operations.ts'
import type { Registry } from '../plugin/registry.ts'
import { givesPixels, mayConvert } from './conversion.ts'
import { cutSegments } from './cut-segments.ts'
import { type EngineAnswers, type EngineTrouble, planVariant } from './engines.ts'
import { type KeepStep, type Plan, type PlannedOutput, type PlannedStep, type PlannedVariant, waysOf } from './plan.ts'

/**
 * Chooses engines, decides what is persisted, and cuts the steps into segments.
 * @throws INVALID_PIPELINE when no engine of a step can be used and the step may not be skipped.
 */
export async function makePlan(
  pipeline: CompiledPipeline,
  registry: Registry,
  { answers, keep = () => false }: { answers: EngineAnswers; keep?: KeepStep | undefined },
): Promise<Plan> {
  const written = pipeline.outputs.map((output) => ({ ...output, file: fileStep(output, registry), isKept: false }))
  const needed = neededSteps(written, pipeline)
  const outputs = [...written, ...keptSteps(needed, keep, pipeline)]
  const consumers = consumersOf(needed)
  const trouble: EngineTrouble = { problems: [], thrown: [] }
  const codec = registry.codecs.map((entry: Codec) => entry.fingerprint()).join('|')
  const steps = new Map<CompiledStep, PlannedStep>()
  for (const step of needed) {
    const own = await planVariant({ step, variant: step.own }, answers, trouble)
    const variants = await planVariants(step, answers, trouble)
    const persisted = isPersisted(step, withArranged(consumers.get(step) ?? [], consumers), outputs)
    const [first] = step.bindings
    const chained = first && !first.spec.many && first.from.type === 'step' ? first : null
    steps.set(step, {
      ...own,
      step,
      variants,
      persisted,
      border: true,
      codec: step.bindings.some(mayConvert) ? codec : undefined,
      chained,
      originals: originalsOf(step, steps),
    })
  }
  if (trouble.problems.length > 0) throw unavailableEngines(trouble)
  for (const [step, planned] of steps) {
    const border = planned.persisted || isBorder(planned, consumers.get(step) ?? [], steps)
    if (!border) steps.set(step, { ...planned, border })
  }
  return { pipeline, codec, steps, outputs, segments: cutSegments(steps) }
}

/** Plans what the step does on the pages that `perPage` names. Sets of entries that come to the same share one plan. */
async function planVariants(step: CompiledStep, answers: EngineAnswers, trouble: EngineTrouble): Promise<Map<string, PlannedVariant>> {
  const planned = new Map<Variant, PlannedVariant>()
  const variants = new Map<string, PlannedVariant>()
  for (const [entries, variant] of step.perPage?.variants ?? []) {
    const made = planned.get(variant) ?? (await planVariant({ step, variant }, answers, trouble))
    planned.set(variant, made)
    variants.set(entries, made)
  }
  return variants
}

function unavailableEngines({ problems, thrown }: EngineTrouble): ImageDocError {
  const { message, details, path } = invalidPipeline(problems)
  return new ImageDocError('ENGINE_UNAVAILABLE', message, { details, cause: thrown[0], ...(path ? { path } : {}) })
}

/** The step that gives the output's file: one of core's own behind a step that gives an image. */
function fileStep(output: CompiledPipeline['outputs'][number], registry: Registry): CompiledStep {
  const { from } = output
  const givesImage = membersOf(from.operation.output).some((member: Port) => member.form !== undefined)
  const mediaType = givesImage ? mediaTypeOfName(output.name) : undefined
  if (mediaType === undefined) return from
  const found = registry.operations.get(outputOperationName(mediaType))
  if (!found) throw new ImageDocError('CODEC_MISSING', `No plugin encodes ${mediaType}, which the output "${output.name}" needs.`)
  const { operation, plugin } = found
  const binding: Binding = { port: 'input', spec: operation.input as Port, from }
  return {
    type: 'step',
    index: from.index,
    id: from.id,
    definition: fileDefinition(operation.name, from.definition),
    operation,
    plugin,
    own: { with: {}, params: {}, skip: false, entry: undefined, entryOf: new Map() },
    perPage: null,
    writes: mediaType,
    bindings: [binding],
    runsIn: from.domain,
    domain: from.domain,
  }
}

/**
 * What the person said of the step holds for its file. One that cannot be written has nothing to pass on: its pixels are no file, and what the step
 * was given is not its result. So `pass` leaves a hole too.
 */
function fileDefinition(use: string, { cache, timeoutMs, onError }: StepDefinition): StepDefinition {
  return { use, cache: cache === false ? false : undefined, timeoutMs, onError: onError === 'pass' ? 'skip' : onError }
}

/** Steps to keep, of those that run anyway. */
function keptSteps(needed: readonly CompiledStep[], keep: KeepStep, { domains, steps }: CompiledPipeline): PlannedOutput[] {
  const isWanted = ({ id, operation }: CompiledStep): boolean => {
    const inputs = Object.values(namedPorts(operation.input)).flatMap((port) => kindsOf(port))
    return keep({ id, use: operation.name, inputs, outputs: kindsOf(operation.output) })
  }
  const wanted = needed.filter((step) => steps.includes(step) && isWanted(step))
  return wanted.map((step) => ({ name: step.id, from: step, file: step, sequence: step.domain !== domains[0], isKept: true }))
}

/** In the pipeline's order, the encoding ones at the end. */
function neededSteps(outputs: readonly PlannedOutput[], pipeline: CompiledPipeline): CompiledStep[] {
  const needed = new Set<CompiledStep>()
  const queue: CompiledStep[] = outputs.map((output) => output.file)
  for (let step = queue.pop(); step; step = queue.pop()) {
    if (needed.has(step)) continue
    needed.add(step)
    for (const { from } of step.bindings) if (from.type === 'step') queue.push(from)
  }
  const files = outputs.map((output) => output.file).filter((file) => !pipeline.steps.includes(file))
  return [...pipeline.steps.filter((step) => needed.has(step)), ...files]
}

interface Consumer {
  readonly step: CompiledStep
  readonly binding: Binding
}

/** Of a step that arranges pages nothing is kept: whoever takes them from it takes them from the steps before it. */
function withArranged(consumers: readonly Consumer[], all: ReadonlyMap<CompiledStep, readonly Consumer[]>): Consumer[] {
  const found = new Map<CompiledStep, Consumer>()
  const queue = [...consumers]
  for (let consumer = queue.pop(); consumer; consumer = queue.pop()) {
    if (found.has(consumer.step)) continue
    found.set(consumer.step, consumer)
    if (consumer.step.operation.arrange) queue.push(...(all.get(consumer.step) ?? []))
  }
  return [...found.values()]
}

function consumersOf(steps: readonly CompiledStep[]): Map<CompiledStep, Consumer[]> {
  const consumers = new Map<CompiledStep, Consumer[]>()
  for (const step of steps) {
    for (const binding of step.bindings) {
      if (binding.from.type !== 'step') continue
      const list = consumers.get(binding.from) ?? []
      list.push({ step, binding })
      consumers.set(binding.from, list)
    }
  }
  return consumers
}

const givesImage = (port: Port): boolean => membersOf(port).some((member) => member.form !== undefined)

/**
 * Hashing and storing every step would cost more than the steps: an A4 page in colour takes 120 ms to digest and compress. So only these are kept:
 * outputs, what leaves an expansion, heavy steps, and the last image before a step whose result is not raw pixels.
 */
function isPersisted(step: CompiledStep, consumers: readonly Consumer[], outputs: readonly PlannedOutput[]): boolean {
  if (step.operation.arrange) return false
  if (step.definition.cache !== undefined) return step.definition.cache
  if (expands(step.operation) || step.operation.traits?.cost === 'heavy') return true
  const delivers = [step, ...consumers.flatMap((consumer) => (consumer.step.operation.arrange ? [consumer.step] : []))]
  if (outputs.some((output) => delivers.includes(output.file))) return true
  const lastImage =
    givesImage(step.operation.output) &&
    consumers.some(({ step: next }) => !isOutputStep(next, outputs) && !next.operation.arrange && !givesPixels(next.operation.output))
  return lastImage
}

function isOutputStep(step: CompiledStep, outputs: readonly PlannedOutput[]): boolean {
  return outputs.some((output) => output.file === step && output.from !== step)
}

/** A segment goes on only into one consumer that is mapped over the same pages and can run in the same place. */
function isBorder(planned: PlannedStep, consumers: readonly Consumer[], steps: ReadonlyMap<CompiledStep, PlannedStep>): boolean {
  const [only] = consumers
  // An expansion is opened, not run, whether its list of items is kept or not.
  if (consumers.length !== 1 || only === undefined || expands(planned.step.operation)) return true
  const next = steps.get(only.step)
  if (!next || next.chained !== only.binding || only.binding.spec.many) return true
  if (next.step.runsIn !== planned.step.domain || seesGeometry(next.step.operation)) return true
  return [...waysOf(planned), ...waysOf(next)].some((way) => way.chosen?.engine.network === true || way.unavailable !== null)
}

/** Of every input that leads to a step, whether a step on the way takes the whole of a sequence. */
function originalsOf({ bindings }: CompiledStep, above: ReadonlyMap<CompiledStep, PlannedStep>): PlannedStep['originals'] {
  const originals = new Map<CompiledInput | CompiledStep, boolean>()
  for (const { from, spec } of bindings) {
    const isStart = from.type === 'input' || from.operation.arrange !== undefined
    const inputs = isStart ? ([[from, false]] as const) : (above.get(from)?.originals ?? [])
    for (const [input, gathered] of inputs) originals.set(input, gathered || spec.many || originals.get(input) === true)
  }
  return originals
}

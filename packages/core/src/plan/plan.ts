import type { Diagnostic } from '../artifact/diagnostic.ts'
import { ImageDocError, type Json } from '../errors/error.ts'
import type { Engine } from '../operation/engine.ts'
import type { Binding, CompiledInput, CompiledOutput, CompiledPipeline, CompiledStep, Variant } from '../pipeline/compiled.ts'
import { isInternal } from '../plugin/output-operations.ts'

/** The engine of a step, and why this one. */
export interface ChosenEngine {
  readonly engine: Engine
  readonly fingerprint: Json
  readonly why: string
}

/** What a step does on a page, and the engine that its parameters ask for. */
export interface PlannedVariant extends Variant {
  readonly chosen: ChosenEngine | null
  /** The step cannot run, and its `onError` says to go on without it. */
  readonly unavailable: Diagnostic | null
}

/** A step as it will be run: on a page that `perPage` does not name, until `stepOn` has made it that of a page. */
export interface PlannedStep extends PlannedVariant {
  readonly step: CompiledStep
  /** By the entries of `perPage` that name a page, as in the compiled step. */
  readonly variants: ReadonlyMap<string, PlannedVariant>
  /** Its result is looked up and kept under its key. */
  readonly persisted: boolean
  /** It is the last of its segment: its result is an artifact. */
  readonly border: boolean
  /** Of the codecs that may convert its inputs; undefined when none can. */
  readonly codec: string | undefined
  /** The binding over which the step before hands its value on inside the segment. */
  readonly chained: Binding | null
  /**
   * The inputs that its result stands on, and the steps that have arranged pages on the way, of which each page tells itself; true for one of which a
   * step on the way takes a whole sequence.
   */
  readonly originals: ReadonlyMap<CompiledInput | CompiledStep, boolean>
}

/** A chain of steps that run together over one page, by its last step. */
export interface Segment {
  /**
   * The last step's id and a few digits of all that its result depends on beside the page, in the segments above it too: what was made of
   * another version's outcome is none of this one's.
   */
  readonly name: string
  readonly last: PlannedStep
  /** In order; `last` is the last of them. */
  readonly steps: readonly PlannedStep[]
  /** Steps of the chain that are left out of `steps`, on a page that they hand on; none before the page is known. */
  readonly skipped: ReadonlySet<CompiledStep>
}

/** An output: the step that makes its file. */
export interface PlannedOutput extends CompiledOutput {
  /** The step whose result is delivered: `from` itself, or the one that encodes its pixels. */
  readonly file: CompiledStep
  /** No output of the pipeline's: the caller wants the step's own result. */
  readonly isKept: boolean
}

/** Whether a step's results are wanted beside the outputs; `inputs` and `outputs` are the kinds that its operation takes and gives. */
export type KeepStep = (step: { id: string; use: string; inputs: readonly string[]; outputs: readonly string[] }) => boolean

/** A validated DAG with its engines and segments. Keys are made with it as soon as inputs are known. */
export interface Plan {
  readonly pipeline: CompiledPipeline
  /** Fingerprint of all codecs. */
  readonly codec: string
  /** Needed steps only, behind what they take; with the steps that encode outputs. */
  readonly steps: ReadonlyMap<CompiledStep, PlannedStep>
  /** By the step that ends it. */
  readonly segments: ReadonlyMap<CompiledStep, Segment>
  readonly outputs: readonly PlannedOutput[]
}

/** The step's name for a runner. Steps that encode an output bear their source's id in a plan, which a segment could not tell apart. */
export function runnerId(step: CompiledStep): string {
  return isInternal(step.plugin) ? `${step.id} ${step.operation.name}` : step.id
}

/** Every way in which a step is run on some page. */
export function waysOf(planned: PlannedStep): PlannedVariant[] {
  return [planned, ...planned.variants.values()]
}

/** The segment that a step ends. */
export function segmentOf({ segments }: Plan, step: CompiledStep): Segment {
  const segment = segments.get(step)
  if (!segment) throw new ImageDocError('INTERNAL', `"${step.id}" ends no segment of the plan.`)
  return segment
}

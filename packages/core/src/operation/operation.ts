import type { z } from 'zod'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Matrix } from '../artifact/matrix.ts'
import type { PageId } from '../artifact/page-id.ts'
import { ImageDocError } from '../errors/error.ts'
import type { Context } from './context.ts'
import type { Engine } from './engine.ts'
import { isOptional, namedPorts, type Port, type Ports, type ValueOf } from './port.ts'

/** What shared code may know of an operation; it never looks at names. */
export interface Traits {
  /** When false the result is keyed by the engine's model and cached with a TTL. @default true */
  deterministic?: boolean
  /** Heavy results are always persisted. @default 'light' */
  cost?: 'light' | 'heavy'
  /**
   * Whether `run` may compute for long without yielding. Such a step runs in a thread or a child process, which a timeout or a cancel can stop. Say
   * `false` only where `run` awaits nearly all of its time: a network, a program, a library with threads of its own. It then runs in the main thread, where
   * code that never yields cannot be stopped, and stops all else. The contract of plugins measures it. @default true
   */
  blocking?: boolean
  /** For `many` inputs: whether a skipped page may be missing from the sequence. @default 'refuse' */
  holes?: 'refuse' | 'accept'
  /**
   * `true`: `context.properties` are given, and count in the key. `'drop'`: the result keeps none of the original's properties (EXIF, XMP, colour profile,
   * texts), and no step below it sees any: what is taken out of the pixels may stand in them, too.
   * @default false
   */
  properties?: boolean | 'drop'
  /**
   * `context.between` tells how the inputs lie on each other, and that counts in the key: for an operation that places one input on another. The step
   * begins a segment of its own.
   * @default false
   */
  geometry?: boolean
}

/** What `run` gives back. */
export interface Result<Value> {
  output: Value
  /** Of a geometry operation: from the output's coordinates to the (first) input's. Left out: the grid is the same. `null`: no such map. */
  matrix?: Matrix | null
  diagnostics?: readonly Diagnostic[]
}

/** What `run` is called with. */
export interface Call<Input, Params, Instance> {
  /** Not to be changed, and not to be kept: the memory of its pixels is given back when `run` has settled. */
  input: Input
  params: Params
  context: Context<Instance>
}

/** One page of what a port takes. */
export interface PageRef {
  readonly of: string
  readonly index: number
}

/** What `arrange` is called with. */
export interface ArrangeCall<Params> {
  /** By port. */
  readonly pages: Readonly<Record<string, readonly PageId[]>>
  readonly params: Params
}

/** A typed, named transform. */
export interface Operation<
  Name extends string = string,
  In extends Ports = Ports,
  Out extends Port = Port,
  Params extends z.ZodObject = z.ZodObject,
  Instance = unknown,
> {
  /** `group.verb`, in kebab-case. */
  readonly name: Name
  /** Bumped when the output may differ for the same parameters and input. */
  readonly version: number
  readonly summary: string
  readonly input: In
  /** Exactly one. */
  readonly output: Out
  /** Strict, so that a misspelt parameter is an error. */
  readonly params: Params
  readonly traits?: Traits
  readonly engines?: readonly Engine<Instance>[]
  /** Parameters worth showing in help and reference. */
  readonly example?: z.input<Params>
  /** The media type of an `encoded` output for these parameters: names the default output's extension. */
  readonly mediaType?: (params: z.output<Params>) => string
  /**
   * Chooses, orders and repeats pages: says of each page of the output which page of an input it is, by looking at their identities alone. A step that
   * arranges computes nothing; its pages keep their identity, their place on the original and whatever the cache has of them.
   */
  readonly arrange?: (call: ArrangeCall<z.output<Params>>) => readonly PageRef[]
  /** Not called where there is `arrange`. */
  run(call: Call<ValueOf<In>, z.output<Params>, Instance>): Promise<Result<ValueOf<Out>>> | Result<ValueOf<Out>>
}

/** An operation of any name, ports, parameters and engines. */
// biome-ignore lint/suspicious/noExplicitAny: variance; only `any` lets a concrete operation be used where any operation is wanted
export type AnyOperation = Operation<string, any, any, any, any>

/** Whether the original's properties are given to the operation. */
export const seesProperties = ({ traits }: AnyOperation): boolean => traits?.properties === true
/** Whether the operation is told how its inputs lie on each other. */
export const seesGeometry = ({ traits }: AnyOperation): boolean => traits?.geometry === true
/** Whether the original's properties end with the operation. */
export const dropsProperties = ({ traits }: AnyOperation): boolean => traits?.properties === 'drop'

const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*\.[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/**
 * Defines an operation.
 * @throws PLUGIN_INVALID when the name is not `group.verb`, the version is not a positive integer, the first port or the output is optional, or it
 *   arranges what are no sequences.
 * @example
 * const negate = defineOperation({
 *   name: 'example.negate', version: 1, summary: 'Turn black to white.',
 *   input: image, output: image, params: z.strictObject({}),
 *   run: ({ input }) => ({ output: { ...input, data: input.data.map((value) => 255 - value) } }),
 * })
 */
export function defineOperation<
  const Name extends string,
  In extends Ports,
  Out extends Port,
  Params extends z.ZodObject,
  Instance = unknown,
>(operation: Operation<Name, In, Out, Params, Instance>): Operation<Name, In, Out, Params, Instance> {
  if (!namePattern.test(operation.name)) {
    throw new ImageDocError(
      'PLUGIN_INVALID',
      `"${operation.name}" is not an operation's name; write group.verb in kebab-case, for example image.crop.`,
    )
  }
  if (!Number.isInteger(operation.version) || operation.version < 1) {
    throw new ImageDocError('PLUGIN_INVALID', `The version of "${operation.name}" must be a whole number from 1 on.`)
  }
  const [first] = Object.values(namedPorts(operation.input))
  if (first === undefined || isOptional(first) || isOptional(operation.output)) {
    const message = `The first port of "${operation.name}" and its output may not be optional; let another port stand first.`
    throw new ImageDocError('PLUGIN_INVALID', message)
  }
  const ports: readonly Port[] = [...Object.values(namedPorts(operation.input)), operation.output]
  if (operation.arrange && !ports.every((port) => port.many)) {
    throw new ImageDocError('PLUGIN_INVALID', `"${operation.name}" arranges pages, so each of its ports must be many().`)
  }
  return operation
}

type Arrangement<Name extends string, In extends Ports, Out extends Port, Params extends z.ZodObject> = Omit<
  Operation<Name, In, Out, Params, never>,
  'run' | 'engines' | 'traits' | 'mediaType' | 'arrange'
> & { readonly arrange: (call: ArrangeCall<z.output<Params>>) => readonly PageRef[] }

/**
 * Defines an operation that chooses, orders or repeats pages and computes nothing.
 * @throws PLUGIN_INVALID as {@link defineOperation}
 * @example
 * const reverse = defineArrangement({
 *   name: 'example.reverse', version: 1, summary: 'The last page first.',
 *   input: many(image), output: many(image), params: z.strictObject({}),
 *   arrange: ({ pages: { input = [] } }) => input.map((_, index) => ({ of: 'input', index })).toReversed(),
 * })
 */
export function defineArrangement<const Name extends string, In extends Ports, Out extends Port, Params extends z.ZodObject>(
  arrangement: Arrangement<Name, In, Out, Params>,
): Operation<Name, In, Out, Params, never> {
  const run = (): never => {
    throw new ImageDocError('INTERNAL', `"${arrangement.name}" arranges pages and cannot be run.`)
  }
  return defineOperation({ ...arrangement, run })
}

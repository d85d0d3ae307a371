import type { z } from 'zod'
import { ImageDocError, type Json } from '../errors/error.ts'
import type { AnyOperation } from '../operation/operation.ts'
import type { OptionalPort, Port, Ports } from '../operation/port.ts'
import type { PipelineDefinition, StepDefinition } from './definition.ts'

/** What each id gives: the kind, `string` where only the run will tell. */
type Given = Readonly<Record<string, string>>

type KindsOf<P> = P extends Port<infer Kind, infer _Value, infer _IsMany> ? Kind : never
/** True when something of kind `Has` may be given to a port that takes `Takes`. */
type Fits<Has extends string, Takes extends string> = string extends Has ? true : Extract<Has, Takes> extends never ? false : true
/** The ids whose result a port can take. */
type IdsFor<G extends Given, P> = { [Id in keyof G & string]: Fits<G[Id] & string, KindsOf<P>> extends true ? Id : never }[keyof G & string]

type Named<Operations extends AnyOperation, Name extends string> = Extract<Operations, { name: Name }>
type InputOf<O> = O extends { input: infer In extends Ports } ? In : never
type OutputKind<O> = O extends { output: infer Out } ? KindsOf<Out> : never
type ParamsOf<O> = O extends { params: infer P extends z.ZodObject } ? z.input<P> : never

type OutputOf<O> = O extends { output: infer Out extends Port } ? Out : never

/** `skip` hands the input on, so it must be of a kind that the step gives; of several ports the first counts, which types do not know. */
type Skip<In extends Ports, Out extends Port> =
  In extends Port<infer Kind, infer _Value, infer IsMany> ? ([Kind, IsMany] extends [KindsOf<Out>, Out['many']] ? true : never) : true

/** What a step does otherwise on some pages: parameters in the place of its own, or nothing. */
type PageSettings<O> =
  | { pages: string; with: Partial<ParamsOf<O>>; skip?: never }
  | { pages: string; skip: Skip<InputOf<O>, OutputOf<O>>; with?: never }

/** A step that takes a whole sequence has no pages of its own. */
type PerPage<O> = true extends Manies<InputOf<O>> ? { perPage?: never } : { perPage?: readonly PageSettings<O>[] }
type Manies<In extends Ports> = In extends Port
  ? In['many']
  : { [Name in keyof In]: In[Name] extends Port ? In[Name]['many'] : never }[keyof In]

type Settings<Id extends string, O> = { id?: Id } & Omit<StepDefinition, 'id' | 'use' | 'with' | 'from' | 'perPage'> & PerPage<O>

/** `from` may be left out exactly when the step before gives what the only port that must be given takes. */
type From<G extends Given, Last extends string, In extends Ports> =
  In extends Port<infer _Kind, infer _Value, infer _IsMany>
    ? FromOne<G, Last, In, IdsFor<G, In>>
    : OptionalNames<In> extends never
      ? { from: { [Name in keyof In]: IdsFor<G, In[Name]> } }
      : FromSome<G, Last, In>

type FromOne<G extends Given, Last extends string, P, Value> =
  Fits<G[Last] & string, KindsOf<P>> extends true ? { from?: Value } : { from: Value }

/** Ports of which some may be left open. With one other alone, `from` may be that one's id. */
type FromSome<G extends Given, Last extends string, In> =
  IsOne<Exclude<keyof In, OptionalNames<In>>> extends true
    ? FromOne<G, Last, In[Exclude<keyof In, OptionalNames<In>>], IdsFor<G, In[Exclude<keyof In, OptionalNames<In>>]> | FromNamed<G, In>>
    : { from: FromNamed<G, In> }
type FromNamed<G extends Given, In> = { [Name in Exclude<keyof In, OptionalNames<In>>]: IdsFor<G, In[Name]> } & {
  [Name in OptionalNames<In>]?: IdsFor<G, In[Name]>
}
type OptionalNames<In> = { [Name in keyof In]: In[Name] extends OptionalPort ? Name : never }[keyof In]
type IsOne<Name, All = Name> = Name extends unknown ? ([All] extends [Name] ? true : false) : never

/** `{}`: it extends every object type without required members. */
type Nothing = Record<never, never>

/** The arguments behind the operation's name: parameters and settings are optional when nothing in them is required. */
type Rest<Params, Options> = Nothing extends Options
  ? Nothing extends Params
    ? [params?: Params, options?: Options]
    : [params: Params, options?: Options]
  : [params: Params, options: Options]

/**
 * Builds a pipeline definition step by step. Immutable: every call gives a new builder. Operation names complete, parameters are typed, and a
 * step that cannot take its input does not compile.
 */
export interface Builder<Operations extends AnyOperation, G extends Given, Last extends string> {
  step<const Name extends Operations['name'], const Id extends string = Name>(
    use: Name,
    ...rest: Rest<
      ParamsOf<Named<Operations, Name>>,
      Settings<Id, Named<Operations, Name>> & From<G, Last, InputOf<Named<Operations, Name>>>
    >
  ): Builder<Operations, G & { readonly [Key in Id]: OutputKind<Named<Operations, Name>> }, Id>
  /** A further input beside the document. */
  input<const Name extends string, const Kind extends string>(
    name: Name,
    kind: Kind,
  ): Builder<Operations, G & { readonly [Key in Name]: Kind }, Last>
  /** File name to step id. */
  outputs(outputs: Readonly<Record<string, Exclude<keyof G & string, 'input'>>>): Builder<Operations, G, Last>
  toJSON(): PipelineDefinition
}

/** A builder with nothing but the document. */
export type EmptyBuilder<Operations extends AnyOperation> = Builder<Operations, { readonly input: string }, 'input'>

/** Starts a pipeline. */
export function createBuilder<Operations extends AnyOperation>(name?: string): EmptyBuilder<Operations> {
  return extend({ version: 1, ...(name === undefined ? {} : { name }), steps: [] }) as unknown as EmptyBuilder<Operations>
}

interface UntypedBuilder {
  step(use: string, params?: Record<string, Json>, options?: Omit<StepDefinition, 'use' | 'with'>): UntypedBuilder
  input(name: string, kind: string): UntypedBuilder
  outputs(outputs: Record<string, string>): UntypedBuilder
  toJSON(): PipelineDefinition
}

function extend(definition: PipelineDefinition): UntypedBuilder {
  return {
    step(use, params, { id, ...options } = {}) {
      const step: StepDefinition = {
        ...(id === undefined ? {} : { id }),
        use,
        ...(params && Object.keys(params).length > 0 ? { with: params } : {}),
        ...options,
      }
      return extend({ ...definition, steps: [...definition.steps, step] })
    },
    input: (name, kind) => extend({ ...definition, inputs: { ...definition.inputs, [name]: { kind } } }),
    outputs: (outputs) => extend({ ...definition, outputs }),
    toJSON() {
      if (definition.steps.length === 0) throw new ImageDocError('INVALID_PIPELINE', 'The pipeline has no steps; add one with .step().')
      return structuredClone(definition)
    },
  }
}

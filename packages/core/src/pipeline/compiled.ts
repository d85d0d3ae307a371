import type { PageSelection } from '../artifact/page-selection.ts'
import type { Json } from '../errors/error.ts'
import type { AnyOperation } from '../operation/operation.ts'
import type { Port } from '../operation/port.ts'
import type { Plugin } from '../plugin/plugin.ts'
import type { PipelineDefinition, StepDefinition } from './definition.ts'
import type { Problem } from './problem.ts'

/**
 * How many artifacts an edge carries. The root carries one; a list of inputs and every expansion open a domain below the one they are in.
 * All edges of one domain have the same pages.
 */
export interface Domain {
  readonly index: number
  readonly parent: Domain | null
  /** What opens it: an expanding step, or a gathered input. */
  readonly openedBy: { step: CompiledStep } | { input: string } | null
  /** How often its pages were taken apart, a list of files being the first time. */
  readonly depth: number
  /** An expansion has given its pages numbers. */
  readonly hasPages: boolean
  /** A step has arranged its pages, or those that they were taken from: it may have more or fewer than others of the same files. */
  readonly isArranged: boolean
}

/** Where a step's port gets its artifact from. */
export interface Binding {
  readonly port: string
  readonly spec: Port
  readonly from: CompiledStep | CompiledInput
}

export interface CompiledInput {
  readonly type: 'input'
  readonly name: string
  /** Null for the document, whose kind its content decides. */
  readonly kind: string | null
  readonly domain: Domain
}

/** What a step does on a page. */
export interface Variant {
  /** The parameters as they are written. */
  readonly with: Readonly<Record<string, Json>>
  /** Parsed, with defaults. */
  readonly params: Record<string, unknown>
  /** The step passes the page on. */
  readonly skip: boolean
  /** The last of the entries of `perPage` that make it; undefined for the step itself. */
  readonly entry: number | undefined
  /** The entry that each parameter is from; those of the step are not in it. */
  readonly entryOf: ReadonlyMap<string, number>
}

/** What a step does otherwise on some pages. */
export interface PerPage {
  /** Of each entry. */
  readonly selections: readonly PageSelection[]
  /** By the entries that name a page, written `0,2`: every set of them that a page can meet, except none. */
  readonly variants: ReadonlyMap<string, Variant>
}

/** A step with its operation, its parsed parameters and its place in the graph. */
export interface CompiledStep {
  readonly type: 'step'
  readonly index: number
  readonly id: string
  readonly definition: StepDefinition
  readonly operation: AnyOperation
  readonly plugin: Plugin
  /** What it does on a page that `perPage` does not name. */
  readonly own: Variant
  readonly perPage: PerPage | null
  /** The media type that it says it writes; undefined where it says none, or where wrong parameters leave it open. */
  readonly writes: string | undefined
  readonly bindings: readonly Binding[]
  /** The domain in which it runs, once for each item of it. */
  readonly runsIn: Domain
  /** The domain of its result: its own for an expansion. */
  readonly domain: Domain
}

export interface CompiledOutput {
  readonly name: string
  readonly from: CompiledStep
  /** Follows from the pipeline's types and the shape of its inputs, never from their number of pages. */
  readonly sequence: boolean
}

/** A pipeline that has no errors. */
export interface CompiledPipeline {
  readonly definition: PipelineDefinition
  readonly inputs: ReadonlyMap<string, CompiledInput>
  /** In an order in which every step stands behind what it takes. */
  readonly steps: readonly CompiledStep[]
  readonly outputs: readonly CompiledOutput[]
  readonly domains: readonly Domain[]
  readonly warnings: readonly Problem[]
}

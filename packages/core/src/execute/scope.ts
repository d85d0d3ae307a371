import type { Limits } from '../artifact/limits.ts'
import type { PageId } from '../artifact/page-id.ts'
import type { Source } from '../artifact/source.ts'
import type { CompiledInput, CompiledStep, Domain } from '../pipeline/compiled.ts'
import type { Plan, PlannedStep } from '../plan/plan.ts'
import type { Registry } from '../plugin/registry.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { RunPages } from '../ports/run-pages.ts'
import type { StepRunner } from '../ports/step-runner.ts'
import type { RunEventBody } from './events.ts'
import type { StepFailure } from './failure.ts'
import type { Results } from './results.ts'
import type { Cell } from './run-artifact.ts'
import type { WorkClock } from './work-clock.ts'

/** One page of a domain; the root has exactly one. */
export interface Item {
  readonly domain: Domain
  readonly parent: Item | null
  readonly index: number
  readonly page: PageId
  /** The artifact that opened it: an item of an expansion or of a list of inputs. Null in the root. */
  readonly base: (() => Promise<Cell>) | null
  /** Results of steps for this page. */
  readonly cells: Map<CompiledStep, Promise<Cell>>
  /** Expected keys of steps for this page; undefined while the pages above are not known. */
  readonly keys: Map<CompiledStep, Promise<string | undefined>>
  /** The items of the domains that open below it. */
  readonly children: Map<Domain, Promise<Expansion>>
  /** Results of this page that are still being written; one rejects only when the run's own record could not be. */
  readonly pending: Promise<unknown>[]
  /** Items of other expansions that this page was joined with. */
  readonly joined: Item[]
}

/** The items that one artifact was expanded into, or why there are none. */
export type Expansion = { items: readonly Item[] } | Exclude<Cell, { type: 'done' }>

/** The items of a domain by page id. */
export interface PageIndex {
  readonly byPage: ReadonlyMap<string, Item>
  /** Every expansion above gave its items. */
  readonly complete: boolean
}

/** An output's file that was taken from the cache. */
export interface FileHit {
  readonly step: string
  readonly page: PageId
  /** What it took to make it. */
  readonly savedMs: number | undefined
}

/** What the parts of one run share. */
export interface RunScope {
  readonly plan: Plan
  readonly registry: Registry
  readonly runner: StepRunner
  readonly results: Results
  /** Where the run's pages are written down beside the cache. */
  readonly pages: RunPages | undefined
  /** Only this piece is done, for somebody who waits for its record. */
  readonly wanted: { readonly segment: string; readonly page: string } | undefined
  readonly limits: Limits
  /** Pages in flight. */
  readonly window: number
  readonly signal: AbortSignal
  readonly scratch: () => Promise<BlobStore>
  readonly sources: Readonly<Record<string, Source | readonly Source[]>>
  /** Single inputs, once they are read. */
  readonly inputs: Map<CompiledInput, Promise<Cell>>
  readonly root: Item
  /** The items of each domain that pages of another are joined with. */
  readonly pageIndexes: Map<Domain, Promise<PageIndex>>
  /** Closed when the run ends. */
  readonly open: AsyncDisposable[]
  /** Pages of steps that were counted as hits, so that none counts twice. */
  readonly counted: Set<string>
  /** Pages of segments whose record was told of. */
  readonly told: Set<string>
  /** Diagnostics that were told, each with its step and page. */
  readonly diagnosed: Set<string>
  /** Files of outputs that were in the cache, until it is known whether their steps did anything. */
  readonly fileHits: FileHit[]
  emit(body: RunEventBody): void
  /** Tells of a failed step with the error itself, which no event holds. */
  failed(failure: StepFailure): void
  /** How long the run's pieces are worked on. */
  readonly work: WorkClock
  /** Calls work of a runner when it is this run's turn; work that waits for a service elsewhere takes none. */
  turn<Value>(planned: PlannedStep, page: PageId, work: () => Promise<Value>): Promise<Value>
  /** The three that call each other all the way up the graph; each is in the file of its name. */
  evaluate(step: CompiledStep, item: Item): Promise<Cell>
  expand(step: CompiledStep, parent: Item): Promise<Expansion>
  knownExpansion(step: CompiledStep, parent: Item): Promise<Expansion | undefined>
}

export function createItem(parts: Pick<Item, 'domain' | 'parent' | 'index' | 'page' | 'base'>): Item {
  return { ...parts, cells: new Map(), keys: new Map(), children: new Map(), pending: [], joined: [] }
}

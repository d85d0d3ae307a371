import type { PipelineDefinition } from '@imagedoc/core'
import type { Calls } from '../calls/calls.ts'
import type { EventsOptions, RunMessage } from './follow.ts'

/** A run as the server gives it. */
export type ServerRun = Awaited<ReturnType<Calls['runs']['get']>>

/** A collection's run as the server gives it: how many of its runs are in which state. */
export type ServerBatch = Awaited<ReturnType<Calls['runs']['batches']['get']>>

/** What a run made of a document. */
export type ServerVersion = Awaited<ReturnType<Calls['documents']['versions']['list']>>['items'][number]

/** A document's original, or an output of one of its versions. */
export interface RunSource {
  readonly document_id: string
  /** @default 0, the original */
  readonly version?: number | undefined
  /** May be left out where the version has one. */
  readonly output?: string | undefined
}

/** A whole collection as one input: its documents' pages are gathered into a new document. */
export interface GatherTarget {
  readonly collection_id: string
  readonly gather: true
  /** Of the new document. */
  readonly title?: string | undefined
}

/** A collection: one run for each of its documents. */
export interface BatchTarget {
  readonly collection_id: string
  readonly gather?: false | undefined
}

/** A definition, a builder, or a saved pipeline by its id: its newest version, or the one that is named. */
export type RunPipeline =
  | PipelineDefinition
  | { toJSON(): PipelineDefinition }
  | { readonly id: string; readonly version?: number | undefined }

/** Settings of a run. */
export interface RunOptions {
  /** The pipeline's inputs beside the document, by name. */
  readonly inputs?: Readonly<Record<string, RunSource>> | undefined
  /** An address that is told of the end; the server's operator has to allow its host. */
  readonly webhook?: { readonly url: string } | undefined
  /** The same key again gives the run that it started. @default a new one */
  readonly idempotencyKey?: string | undefined
}

/** A file that a run made; give it to `download` as `output`. */
export interface RunOutput {
  readonly version: number
  readonly name: string
  /** Where an output has a file for each page. */
  readonly page?: string | undefined
  readonly kind: string
  readonly descriptor: ServerVersion['outputs'][number]['descriptor']
}

/** How a run ended that has a result. */
export interface RunResult {
  readonly run: ServerRun & { readonly document_id: string }
  readonly version: ServerVersion
  readonly outputs: readonly RunOutput[]
}

/** Until when one waits. */
export interface WaitOptions {
  /** Ends the waiting with `CANCELLED`; the run goes on. */
  readonly signal?: AbortSignal | undefined
}

/** A run on a server. Each iterator and each promise asks for itself, so that any of them may be left without the others noticing. */
export interface RunHandle {
  /** Rejects when it could not be started. */
  readonly id: Promise<string>
  /**
   * What happens, from its start to its end, each event once and in order; goes on by itself where a connection broke. A `snapshot` stands for what is
   * older than 10 minutes. Leaving the loop closes the connection; the run goes on.
   * @throws what `runs.start` throws; UNAUTHENTICATED, NOT_FOUND, SERVER_UNREACHABLE, CANCELLED
   */
  events(options?: EventsOptions): AsyncGenerator<RunMessage, void>
  /**
   * Waits for its end: `done`, or `partial` where pages were left out.
   * @throws what `runs.start` throws; the run's error when it failed; CANCELLED when it, or the waiting, was cancelled
   */
  result(options?: WaitOptions): Promise<RunResult>
  /** Asks it to stop, which it does within a second. One that has ended stays as it is. */
  cancel(): Promise<ServerRun>
}

/** The runs of a collection's documents. */
export interface BatchHandle {
  /** Rejects when it could not be started. */
  readonly id: Promise<string>
  /** The batch each time that its counts have changed, asked for every few seconds; the last one is that of its end. Its runs have events of their own. */
  events(options?: EventsOptions): AsyncGenerator<ServerBatch, void>
  /** Waits until every run has ended, however it did: the counts say how. @throws what `runs.start` throws; CANCELLED when the waiting was */
  result(options?: WaitOptions): Promise<ServerBatch>
  /** Asks all that have not ended to stop. */
  cancel(): Promise<ServerBatch>
}

/** Runs that are watched. */
export interface RunMethods {
  /**
   * Starts a pipeline over a document, or over a collection.
   * @example
   * const run = client.run({ document_id }, client.pipeline().step('document.pages').step('ocr.recognize').step('ocr.text'))
   * for await (const event of run.events()) console.log(event.type)
   * const { outputs } = await run.result()
   */
  run(target: RunSource | GatherTarget, pipeline: RunPipeline, options?: RunOptions): RunHandle
  run(target: BatchTarget, pipeline: RunPipeline, options?: Omit<RunOptions, 'inputs'>): BatchHandle
  /** Of a run that exists. */
  attach(id: string): RunHandle
  /** Of a collection's run that exists. */
  attachBatch(id: string): BatchHandle
}

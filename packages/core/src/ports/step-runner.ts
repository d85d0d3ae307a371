import type { OriginalSize, Properties } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Descriptor, Digest } from '../artifact/digest.ts'
import type { FileBytes } from '../artifact/file-bytes.ts'
import type { Limits } from '../artifact/limits.ts'
import type { Matrix } from '../artifact/matrix.ts'
import type { PageId } from '../artifact/page-id.ts'
import type { ImageDocError, Json } from '../errors/error.ts'

/** Where a step of a segment takes one port's value from. `sequence` lists inputs of the call; null is a hole. */
export type SegmentBinding = { chain: true } | { input: number } | { sequence: readonly (number | null)[] }

/**
 * How the inputs of a step lie on that of its first port, by port and item (one for a port that takes one): from its coordinates to those of the
 * first, both before they are decoded. Null where no such map is known.
 */
export type InputGeometry = Readonly<Record<string, readonly (Matrix | null)[]>>

/** One step as a runner needs it: plain data. */
export interface SegmentStep {
  readonly id: string
  /** JSON path of the step in the definition, for errors. */
  readonly path: string
  readonly use: string
  /** As written in the definition: the runner parses them (a parsed value need not be JSON). */
  readonly params: Json
  /** Id of the engine that the plan chose. */
  readonly engine: string | null
  /** By port. `chain` is the result of the step before in the segment. */
  readonly bindings: Readonly<Record<string, SegmentBinding>>
  /** For an operation with `traits.geometry`. */
  readonly geometry?: InputGeometry | undefined
  readonly onError: 'fail' | 'skip' | 'pass'
  /** Milliseconds for one attempt. */
  readonly timeoutMs: number
  /** Further attempts after a retryable error, with back-off. */
  readonly retries: number
}

/** An artifact's bytes on their way to a runner. */
export interface Payload {
  readonly kind: string
  /** Null for a file as it came in. */
  readonly meta: Json
  readonly mediaType: string
  readonly properties: Properties
  /** Of the bytes, where it is known. */
  readonly descriptor?: Descriptor | undefined
  /** May be called more than once. */
  load(signal?: AbortSignal): Promise<Uint8Array>
  /** For a file that is large: the same bytes piece by piece, so that a runner which hands them on to another process need not hold them. */
  readonly stream?: ((signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>) | undefined
  /** In a child that was given a large file as one: where it is, until the task has ended. Undefined where the bytes have to be loaded. */
  readonly file?: ((signal?: AbortSignal) => Promise<FileBytes | undefined>) | undefined
}

/** A maximal chain of steps over one page; pixels stay raw inside it. */
export interface SegmentCall {
  readonly steps: readonly SegmentStep[]
  readonly inputs: readonly Payload[]
  readonly page: PageId
  readonly limits: Limits
}

/** What a segment, or one item of an expansion, gives. */
export interface SegmentValue {
  readonly kind: string
  readonly meta: Json
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** Of the bytes, where it was taken beside them already. */
  readonly digest?: Digest
  /** From the value to the segment's first input (the first port of its first step); null where there is no map. */
  readonly matrix: Matrix | null
  /** Found while decoding, or those of the input. */
  readonly properties: Properties
  /** Of the page that the matrix leads to, where this segment opened its file. */
  readonly size?: OriginalSize
}

/** What a segment tells of its work on one page. */
interface SegmentLog {
  /** In the order run; `passed` when the step failed, with that `error`, and handed its input on. */
  readonly steps: readonly { id: string; ms: number; outcome: 'done' | 'passed' | 'skipped'; error?: ImageDocError }[]
  /** With `step` set. */
  readonly diagnostics: readonly Diagnostic[]
}

/** What a segment did on one page: its last step's value, or the hole that a step left. */
export type SegmentResult = SegmentLog &
  (
    | { readonly value: SegmentValue }
    /** A step with `onError: 'skip'` failed. */
    | { readonly hole: { step: string; error: ImageDocError } }
  )

/** A value whose bytes were not sent: {@link SegmentHooks.has} knew them, or they are an input's, which was handed on untouched. */
export interface KeptValue extends Omit<SegmentValue, 'bytes' | 'digest'> {
  readonly descriptor: Descriptor
  /** The input, of which nobody has asked whether it is stored. */
  readonly from?: Payload
}

/** One item of an expansion. */
export type ItemResult = SegmentResult | (SegmentLog & { readonly kept: KeptValue })

/** How a runner talks back while it works. */
export interface SegmentHooks {
  /** Aborted: the call rejects with CANCELLED within a second and its thread or child is stopped. */
  readonly signal: AbortSignal
  started?(step: string): void
  progress?(step: string, done: number): void
  /** Told of what concerns how the steps run, and not their result: it is not kept with it. */
  report?(diagnostic: Diagnostic): void
  /**
   * Whether these bytes of an expansion's item are stored already: a runner in other threads then need not send them. Asked by digest, so a runner
   * whose workers are not trusted does not ask: who knows a digest must not get the bytes for it.
   */
  has?(descriptor: Descriptor): Promise<boolean>
  /** Sub-results of `context.memo`. */
  readonly memo?: {
    get(step: string, key: Json): Promise<Json | undefined>
    put(step: string, key: Json, value: Json): Promise<void>
  }
}

/**
 * An expansion that was opened: its items are made when asked for. When a step of it was skipped the expansion is one hole; when it was
 * passed over, one item: its input.
 */
export interface OpenExpansion extends AsyncDisposable {
  readonly length: number
  /** What opening took, step by step, and reported; `at` says only what its item took. */
  readonly steps: SegmentResult['steps']
  readonly diagnostics: readonly Diagnostic[]
  /** The time limit of the expanding step holds for each item. After a crash the expansion is opened again for the next item. */
  at(index: number, hooks: SegmentHooks): Promise<ItemResult>
}

/**
 * Runs segments. Rejects with an ImageDocError that carries the failed step's path: the operation's own code, or STEP_TIMEOUT, MEMORY_LIMIT,
 * PROCESS_CRASHED, CANCELLED, OPERATION_CONTRACT, OPERATION_FAILED (anything an operation threw that is no ImageDocError).
 */
export interface StepRunner extends AsyncDisposable {
  runSegment(call: SegmentCall, hooks: SegmentHooks): Promise<SegmentResult>
  /** Like runSegment, for a segment whose last step's output is `many`. */
  openExpansion(call: SegmentCall, hooks: SegmentHooks): Promise<OpenExpansion>
  /** Where these steps would run, in words for `explain`: `in process`, `thread`, `child process`, `in process (network)`. */
  describe(steps: readonly SegmentStep[]): string
}

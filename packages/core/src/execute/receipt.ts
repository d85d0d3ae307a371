import type { OriginalSize } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Descriptor, Digest } from '../artifact/digest.ts'
import type { Matrix } from '../artifact/matrix.ts'
import type { PageId } from '../artifact/page-id.ts'
import type { Json } from '../errors/error.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { RunStatus } from './events.ts'
import type { CacheOutcome, PageCounts } from './run-state.ts'

/** What a step did on some pages. */
export interface ReceiptVariant {
  pages: readonly PageId[]
  /** It passed them on. */
  skip: boolean
  engine: string | null
  fingerprint: Json
  /** With defaults. */
  params: Json
}

/** What one step did. */
export interface ReceiptStep {
  id: string
  use: string
  /** Of the operation. */
  version: number
  engine: string | null
  fingerprint: Json
  /** With defaults. */
  params: Json
  /** What it did otherwise on the pages that `perPage` names. */
  perPage?: readonly ReceiptVariant[]
  /** Made from the inputs' digests and what stands above; for a step over pages, of the pages' keys together. Empty when it was not known. */
  key: string
  cache: CacheOutcome
  pages: PageCounts
  /** Milliseconds, all pages together. */
  ms: number
  /** What the results that came from the cache took when they were made, as far as it was written down. */
  savedMs?: number
  diagnostics: readonly Diagnostic[]
}

/** One artifact of an output, and where it lies on the page that it was made from. */
export interface ReceiptOutput extends Descriptor {
  page: PageId
  /** From the output's pixels to the original page, in the unit of its size; null where there is no such map. */
  matrix: Matrix | null
  /** The page that the matrix leads to: digest of its file, width and height. Null without a matrix, and where the size is not known. */
  original: (OriginalSize & { source: Digest }) | null
}

/** The record of how a result came to be; plain JSON. */
export interface Receipt {
  /** 1 had descriptors alone as outputs, 2 named pages by their place in the inputs. Both are still read. */
  schemaVersion: 1 | 2 | 3
  pipeline: PipelineDefinition
  inputs: Record<string, Descriptor[]>
  /** The inputs that were given as lists. */
  lists?: string[]
  steps: ReceiptStep[]
  outputs: Record<string, ReceiptOutput[]>
  status: RunStatus
  startedAt: string
  endedAt: string
  /** Of core and of every plugin that took part. */
  versions: Record<string, string>
}

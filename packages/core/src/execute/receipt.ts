import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Descriptor } from '../artifact/digest.ts'
import type { Json } from '../errors/error.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { RunStatus } from './events.ts'
import type { CacheOutcome } from './run-state.ts'

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
  /** Made from the inputs' digests and what stands above; for a step over pages, of the pages' keys together. Empty when it was not known. */
  key: string
  cache: CacheOutcome
  pages: { hit: number; miss: number; skipped: number; failed: number }
  /** Milliseconds, all pages together. */
  ms: number
  /** What the results that came from the cache took when they were made, as far as it was written down. */
  savedMs?: number
  diagnostics: readonly Diagnostic[]
}

/** The record of how a result came to be; plain JSON. */
export interface Receipt {
  schemaVersion: 1
  pipeline: PipelineDefinition
  inputs: Record<string, Descriptor[]>
  /** The inputs that were given as lists. */
  lists?: string[]
  steps: ReceiptStep[]
  outputs: Record<string, Descriptor[]>
  status: RunStatus
  startedAt: string
  endedAt: string
  /** Of core and of every plugin that took part. */
  versions: Record<string, string>
}

import type { ImageDocError } from '../errors/error.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'

/** Why there is no result. */
export type Missing =
  /** Skipped; `step` is where. */
  | { readonly type: 'hole'; readonly step: string; readonly reason: string }
  /** `refusedBy`: the step that cannot do with what it is given, until that is told. */
  | { readonly type: 'failed'; readonly error: ImageDocError; readonly refusedBy?: CompiledStep }

/** What came of making a result. */
export type Made<Value> = { readonly type: 'done'; readonly value: Value } | Missing

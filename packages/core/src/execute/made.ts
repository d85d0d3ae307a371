import type { ImageDocError } from '../errors/error.ts'

/** Why there is no result. */
export type Missing =
  /** Skipped; `step` is where. */
  { readonly type: 'hole'; readonly step: string; readonly reason: string } | { readonly type: 'failed'; readonly error: ImageDocError }

/** What came of making a result. */
export type Made<Value> = { readonly type: 'done'; readonly value: Value } | Missing

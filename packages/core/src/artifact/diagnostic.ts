import type { Json } from '../errors/error.ts'
import type { PageId } from './page-id.ts'

/** A non-fatal finding: data that travels with a result, and is replayed when the result comes from the cache. */
export interface Diagnostic {
  /** In capitals, for example `SKEW_UNCERTAIN`. */
  code: string
  severity: 'info' | 'warning'
  message: string
  page?: PageId
  step?: string
  details?: Json
}

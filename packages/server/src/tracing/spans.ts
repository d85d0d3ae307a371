import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, Tracer } from '@opentelemetry/api'

/** Makes spans, and knows in which one the running code is. */
export interface Spans {
  readonly tracer: Tracer
  /** The context of the request or run that the running code belongs to. */
  readonly active: AsyncLocalStorage<Context>
  current(): Context
}

import type { AnyOperation, ImageDoc } from '@imagedoc/core'
import type { MiddlewareHandler } from 'hono'
import type { HttpEnv } from '../http/env.ts'
import type { Run } from '../records/run.ts'

/** Follows what the server does, for OpenTelemetry. Spans have names, ids and numbers: never a title, a text, an address or a token. */
export interface Tracing extends AsyncDisposable {
  /** A span for each request, inside of the caller's where she sends `traceparent`. */
  readonly requests: MiddlewareHandler<HttpEnv>
  /** A span for a procedure, inside of its request's. */
  procedure<Result>(path: string, work: () => Promise<Result>): Promise<Result>
  /** The same, with a span for each run, and inside of it for its steps and their pages. */
  runs(imagedoc: ImageDoc<AnyOperation>): ImageDoc<AnyOperation>
  /** What `work` runs is this run of the database and a trace of its own, whatever request it was begun in. */
  asRun<Result>(run: Pick<Run, '_id' | 'attempt' | 'document_id'>, work: () => Promise<Result>): Promise<Result>
}

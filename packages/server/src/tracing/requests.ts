import { errorCodes } from '@imagedoc/core'
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { Context, MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { HttpEnv } from '../http/env.ts'
import { publicError } from '../rpc/errors.ts'
import type { Spans } from './spans.ts'
import type { Tracing } from './tracing.ts'

/** Whoever watches the server asks these every few seconds. */
const watched = new Set(['/health/live', '/health/ready', '/metrics'])

const header = { get: (c: Context, name: string) => c.req.header(name), keys: () => [] }

/** By OpenTelemetry's conventions for HTTP servers, up to the head of the answer. The route's pattern only: an address may hold a name. */
export function traceRequests({ tracer, active }: Spans): MiddlewareHandler<HttpEnv> {
  const propagator = new W3CTraceContextPropagator()
  return async (c, next) => {
    if (watched.has(c.req.path)) return next()
    const caller = propagator.extract(ROOT_CONTEXT, c, header)
    const method = c.req.method
    const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } }, caller)
    try {
      await active.run(trace.setSpan(caller, span), next)
    } finally {
      const route = routePath(c, -1)
      span.updateName(`${method} ${route}`)
      span.setAttributes({ 'http.route': route, 'http.response.status_code': c.res.status })
      if (c.res.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    }
  }
}

/** A request may hold several calls; only names of procedures that there are come here. */
export function traceProcedure({ tracer, active, current }: Spans): Tracing['procedure'] {
  return async (path, work) => {
    const context = current()
    const span = tracer.startSpan(path, { attributes: { 'rpc.system': 'trpc', 'rpc.method': path } }, context)
    try {
      return await active.run(trace.setSpan(context, span), work)
    } catch (error) {
      endsWith(span, error)
      throw error
    } finally {
      span.end()
    }
  }
}

/** The code only: messages name what the caller gave. What callers did wrong is no error of the server's. */
export function endsWith(span: Span, error: unknown): void {
  const { code } = publicError(error)
  span.setAttribute('imagedoc.code', code)
  if (errorCodes[code].status >= 500) span.setStatus({ code: SpanStatusCode.ERROR, message: code })
}

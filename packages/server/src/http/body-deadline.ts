import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import type { HttpEnv } from './env.ts'

/**
 * Cuts the connection of a client that has not sent the whole body of its request in time. Node's own bound would hold for uploads, too, which take
 * as long as the network needs: so it is off, and without this one anybody could keep any number of connections busy for ever.
 */
export function bodyDeadline(ms: number): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const { incoming } = (c.env ?? {}) as unknown as Partial<HttpBindings>
    if (!incoming || incoming.complete || c.req.method === 'GET') return next()
    const timer = setTimeout(() => {
      if (!incoming.complete) incoming.destroy()
    }, ms).unref()
    await next()
    clearTimeout(timer)
  }
}

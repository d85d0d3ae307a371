import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { Hono } from 'hono'
import type { Services } from '../services.ts'
import { isLoopback } from './address.ts'
import type { HttpEnv } from './env.ts'

type Needs = Pick<Services, 'store' | 'blobs' | 'cache' | 'metrics' | 'room'>

interface Check {
  readonly ok: boolean
  readonly ms: number
  readonly code?: string
}

/** `/health/live`, `/health/ready` and `/metrics`. What they say in detail is for this machine and for managers. */
export function createHealthRoutes(services: Needs): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>()
  routes.get('/health/live', (c) => c.json({ ok: true }))
  routes.get('/health/ready', async (c) => {
    const checks = await checkAll(services)
    const ok = Object.values(checks).every((check) => check.ok)
    return c.json(isInsider(c.var, c.req.header('X-Forwarded-For')) ? { ok, checks } : { ok }, ok ? 200 : 503)
  })
  routes.get('/metrics', async (c) => {
    if (!isInsider(c.var, c.req.header('X-Forwarded-For'))) throw new ImageDocError('NOT_FOUND', 'There is nothing at this address.')
    const { contentType, text } = await services.metrics.render()
    return c.body(text, 200, { 'Content-Type': contentType })
  })
  return routes
}

/** A proxy on this machine speaks for others: only what comes without one is this machine's own. */
function isInsider({ caller, address }: HttpEnv['Variables'], forwardedFor: string | undefined): boolean {
  return caller?.role === 'manager' || (forwardedFor === undefined && isLoopback(address))
}

async function checkAll({ store, blobs, cache, room }: Needs): Promise<Record<string, Check>> {
  const absent = `sha256:${'0'.repeat(64)}` as const
  const checks = {
    database: () => store.ping(),
    blobs: () => blobs.stat(absent),
    // Not its statistics: for those it looks at every file, and anybody may ask this.
    cache: () => cache.get(absent),
    disk: async () => {
      await room.look()
      room.assert()
    },
  }
  const done = await Promise.all(Object.entries(checks).map(async ([name, run]) => [name, await check(run)] as const))
  return Object.fromEntries(done)
}

async function check(run: () => Promise<unknown>): Promise<Check> {
  const started = performance.now()
  const code = await run().then(
    () => undefined,
    (error: unknown) => (isImageDocError(error) ? error.code : 'INTERNAL'),
  )
  return { ok: code === undefined, ms: Math.round(performance.now() - started), ...(code === undefined ? {} : { code }) }
}

import type { HttpBindings } from '@hono/node-server'
import { trpcServer } from '@hono/trpc-server'
import { errorCodes, ImageDocError, isImageDocError } from '@imagedoc/core'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { StatusCode } from 'hono/utils/http-status'
import type { Caller } from '../access/caller.ts'
import { createFileRoutes } from '../files/routes.ts'
import { createPreviewRoutes } from '../preview/routes.ts'
import { publicError } from '../rpc/errors.ts'
import { createRouter } from '../rpc/router.ts'
import type { Services } from '../services.ts'
import { createUploadRoutes } from '../uploads/routes.ts'
import { clientAddress } from './address.ts'
import { bodies, boundedBody } from './bodies.ts'
import { crossOrigin } from './cross-origin.ts'
import type { HttpEnv } from './env.ts'
import { createHealthRoutes } from './health.ts'

const RPC_BODY_BYTES = 2 * 2 ** 20
/** Of a body so many count as one more request. */
const BYTES_OF_A_CALL = 16 * 1024
const RPC_BATCH = 20
/** As node-server says it. */
const PREMATURE = 'Client connection prematurely closed.'

/** The server's whole HTTP face. */
export function createApp(services: Services): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.onError((error, c) => answerOf(services, error, c))
  app.notFound((c) => answerOf(services, new ImageDocError('NOT_FOUND', 'There is nothing at this address.'), c))
  if (services.tracing) app.use(services.tracing.requests)
  app.use(crossOrigin(services))
  app.use(async (c, next) => {
    const stop = services.metrics.requestTimer(c.req.method)
    const { incoming } = (c.env ?? {}) as unknown as Partial<HttpBindings>
    const peer = incoming?.socket.remoteAddress ?? ''
    c.set('address', clientAddress(peer, c.req.header('X-Forwarded-For'), services.settings.trustedProxies))
    const token = /^Bearer (\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
    c.set('caller', token === undefined || isOpen(c.req.path) ? null : await callerWith(services, token))
    await next()
    // Afterwards: headers that are set before it would have every answer made a second time.
    c.res.headers.set('X-Content-Type-Options', 'nosniff')
    c.res.headers.set('Referrer-Policy', 'no-referrer')
    if (c.var.closes) c.res.headers.set('Connection', 'close')
    stop(routePath(c, -1), c.res.status)
  })
  app.use(bodies())
  app.use('/trpc/*', boundedBody(RPC_BODY_BYTES, '; upload files at /uploads.'))
  app.use('/trpc/*', async (c, next) => {
    // What is large costs time before anything is known of it.
    const size = Number(c.req.header('content-length') ?? 0)
    if (size > BYTES_OF_A_CALL) await services.rateLimits.request(c.var.caller, c.var.address, Math.floor(size / BYTES_OF_A_CALL))
    await next()
  })
  const router = createRouter(services)
  app.use(
    '/trpc/*',
    trpcServer({
      router,
      maxBatchSize: RPC_BATCH,
      // A query that does not fit into an address, of a pipeline for example, comes as POST.
      allowMethodOverride: true,
      createContext: ({ req }, c) => ({
        caller: c.get('caller'),
        address: c.get('address'),
        userAgent: (req.headers.get('User-Agent') ?? '').slice(0, 200),
      }),
      onError: ({ error, path }) => logFault(services, error, path ?? 'trpc'),
      responseMeta: ({ errors }) => ({ headers: retryAfter(errors.map(publicError)) }),
    }),
  )
  app.route('/', createHealthRoutes(services))
  // Calls are counted one by one, where they are made.
  const limited: MiddlewareHandler<HttpEnv> = async (c, next) => {
    await services.rateLimits.request(c.var.caller, c.var.address)
    await next()
  }
  for (const path of ['/uploads/*', '/documents/*']) app.use(path, limited)
  app.route('/', createUploadRoutes(services))
  app.route('/', createFileRoutes(services))
  app.route('/', createPreviewRoutes(services))
  return app
}

/** Null for a token that is not (or no longer) valid: what needs one says so, and a login with an old one still works. */
function callerWith({ authenticator }: Services, token: string): Promise<Caller | null> {
  return authenticator.authenticate(token).catch((error: unknown) => {
    if (isImageDocError(error) && error.code === 'UNAUTHENTICATED') return null
    throw error
  })
}

/** Liveness must not depend on the database. */
function isOpen(path: string): boolean {
  return path === '/health/live'
}

function retryAfter(errors: readonly ImageDocError[]): Record<string, string> {
  const seconds = errors.map(({ details }) => (details as { retryAfterSeconds?: unknown } | undefined)?.retryAfterSeconds)
  const known = seconds.filter((value) => typeof value === 'number')
  return known.length > 0 ? { 'Retry-After': String(Math.ceil(Math.max(...known))) } : {}
}

function answerOf(services: Services, error: unknown, c: Context): Response {
  const ours = publicError(error)
  // The route's pattern: an address may hold the name of a file.
  logFault(services, ours, routePath(c, -1))
  const headers = { ...retryAfter([ours]), 'X-Content-Type-Options': 'nosniff' }
  return Response.json({ error: ours.toJSON() }, { status: errorCodes[ours.code].status as StatusCode, headers })
}

/** Faults of our own, with the reference that the caller was given. What callers did wrong, or what is over a limit (6), is no line of the log. */
function logFault({ log }: Services, error: unknown, at: string): void {
  const ours = publicError(error)
  const { exit, status } = errorCodes[ours.code]
  // A full disk meets every request that stores something: the log mentions it once a minute.
  if (status < 500 || exit === 6 || ours.code === 'STORE_FULL') return
  const { cause } = ours
  if (isCut(cause)) return
  log.error(
    {
      code: ours.code,
      at,
      details: ours.details,
      stack: cause instanceof Error ? cause.stack : undefined,
    },
    'fault',
  )
}

/** The connection was cut while a body was read: by the client, or because it came too slowly. Nobody gets the answer, and nothing is wrong here. */
function isCut(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  return ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'].includes(code ?? '') || error.message === PREMATURE || isCut(error.cause)
}

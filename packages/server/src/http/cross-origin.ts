import { ImageDocError } from '@imagedoc/core'
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { Services } from '../services.ts'

/** What the client and tus read and write beside the plain headers. */
const asked = ['Authorization', 'Content-Type', 'If-None-Match', 'If-Range', 'Last-Event-ID', 'Range', 'trpc-accept']
const askedOfTus = ['Tus-Resumable', 'Upload-Defer-Length', 'Upload-Length', 'Upload-Metadata', 'Upload-Offset']
const told = ['Accept-Ranges', 'Content-Disposition', 'Content-Range', 'ETag', 'Location', 'Retry-After']
const toldByTus = ['Tus-Extension', 'Tus-Max-Size', 'Tus-Resumable', 'Tus-Version', 'Upload-Error', 'Upload-Length', 'Upload-Offset']

const MOST_TOLD = 20

/**
 * Lets pages of the allowed origins call the server. A browser tells a page of another origin nothing of why it was refused, so the answer to its
 * question beforehand, which its developer can look at, and the log name the variable.
 */
export function crossOrigin({ settings, log }: Pick<Services, 'settings' | 'log'>): MiddlewareHandler {
  const { corsOrigins } = settings
  const allow = cors({
    origin: [...corsOrigins],
    allowHeaders: [...asked, ...askedOfTus],
    exposeHeaders: [...told, ...toldByTus],
    maxAge: 600,
  })
  const refused = new Set<string>()
  return async (c, next) => {
    const origin = c.req.header('Origin')
    if (origin !== undefined && (corsOrigins.includes(origin) || corsOrigins.includes('*'))) return allow(c, next)
    // Only a page of another origin makes a browser ask beforehand.
    const isQuestion = c.req.method === 'OPTIONS' && c.req.header('Access-Control-Request-Method') !== undefined
    if (origin === undefined || !isQuestion) return next()
    const shown = origin.slice(0, 200)
    if (refused.size < MOST_TOLD && !refused.has(shown)) {
      refused.add(shown)
      log.warn({ origin: shown }, 'a page of this origin was refused: add it to IMAGEDOC_CORS_ORIGINS to let it call the server')
    }
    throw new ImageDocError(
      'FORBIDDEN',
      `Pages of ${shown} may not call this server. Whoever runs it adds the origin to IMAGEDOC_CORS_ORIGINS.`,
    )
  }
}

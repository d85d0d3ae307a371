import { ImageDocError } from '@imagedoc/core'
import { type Context, Hono } from 'hono'
import { bodyOf } from '../files/send.ts'
import { boundedBody } from '../http/bodies.ts'
import { callerOf, type HttpEnv } from '../http/env.ts'
import { invalidRequest } from '../rpc/errors.ts'
import type { Services } from '../services.ts'
import { createNewest } from './newest.ts'
import { createPreviews } from './previews.ts'
import { type PreviewRequest, previewRequest } from './request.ts'

const BODY_BYTES = 256 * 1024

/** Nothing in an image runs, no other site embeds it, and nobody keeps it: the next one is another. */
const protective = {
  'Cache-Control': 'private, no-store',
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'Cross-Origin-Resource-Policy': 'same-site',
}

/** `POST /documents/<id>/pages/<n>/preview`: what steps make of a page, as an image. */
export function createPreviewRoutes(
  services: Pick<Services, 'access' | 'blobs' | 'interactive' | 'log' | 'queues' | 'settings'>,
): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const previews = createPreviews(services)
  const newest = createNewest()
  app.post('/documents/:id/pages/:number/preview', boundedBody(BODY_BYTES, '.'), async (c) => {
    const caller = callerOf(c)
    const { document, collection } = await services.access.document(caller, c.req.param('id'), { role: 'viewer' })
    const page = pageOf(c.req.param('number'), document.pages)
    const request = await requestOf(c)
    using turn = newest.begin([caller.tokenId, document._id, request.client ?? crypto.randomUUID()].join(' '))
    const signal = AbortSignal.any([c.req.raw.signal, caller.signal, turn.signal])
    const make = (signal: AbortSignal) => previews.make({ document, collection, page, signal }, request)
    const { bytes, mediaType } = await services.queues.previews.run(caller.userId, make, { signal })
    const open = async () => bytes as Uint8Array<ArrayBuffer>
    const body = await bodyOf(services, c, { documentId: document._id, size: bytes.length, open })
    return c.body(body, 200, { ...protective, 'Content-Length': String(bytes.length), 'Content-Type': mediaType })
  })
  return app
}

function pageOf(number: string, pages: number): number {
  const page = /^\d{1,9}$/.test(number) ? Number(number) : 0
  if (page >= 1 && page <= pages) return page
  throw new ImageDocError('NOT_FOUND', 'The document has no such page.', { path: 'number' })
}

async function requestOf(c: Context<HttpEnv>): Promise<PreviewRequest> {
  const text = await c.req.text()
  const parsed = previewRequest.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  throw invalidRequest(parsed.error)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ImageDocError('INVALID_REQUEST', 'The body is no JSON; send { "steps": [...] }.')
  }
}

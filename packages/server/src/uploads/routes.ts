import { ImageDocError } from '@imagedoc/core'
import { type Context, Hono } from 'hono'
import type { Caller } from '../access/caller.ts'
import { callerOf, type HttpEnv } from '../http/env.ts'
import type { Upload } from '../records/upload.ts'
import type { Services } from '../services.ts'
import { ownUpload, removeUpload } from './claim.ts'
import { createFinisher } from './finish.ts'
import { errorResponse } from './tus-errors.ts'
import { createTusServer } from './tus-server.ts'

type Needs = Pick<Services, 'interactive' | 'lock' | 'log' | 'now' | 'queues' | 'settings' | 'tables' | 'uploads' | 'usage'>

/**
 * Resumable uploads by the protocol tus 1.0.0 (creation, creation-with-upload, termination) at `/uploads`. Metadata: `filename`, and `digest`
 * (`sha256:…`) when the client wants what arrives compared, and `acceptDamaged` when a file that is cut off is to be taken. The last byte is answered when the file was checked: with 204, or with why it is
 * refused as `{ error }`; then it is gone.
 */
export function createUploadRoutes(services: Needs): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const finisher = createFinisher(services)
  const tus = createTusServer(services, finisher)

  const upToNow = async (upload: Upload): Promise<Upload> => {
    if (upload.original) return upload
    const received = await tus.received(upload._id)
    // All bytes are there, but the server ended before they were checked; or the client lost the answer and asks while they are.
    return received?.bytes === upload.size ? finisher.finish(upload._id, received) : upload
  }
  /** What brings bytes waits for its turn. */
  const handled = async (c: Context<HttpEnv>, caller: Caller): Promise<Response> => {
    const { raw } = c.req
    if (!raw.body) return tus.handle(raw, caller)
    using _place = await services.queues.uploads.enter(caller.userId, { signal: AbortSignal.any([raw.signal, caller.signal]) })
    return await tus.handle(raw, caller)
  }
  const one = async (c: Context<HttpEnv>): Promise<Response> => {
    const caller = callerOf(c)
    const upload = await ownUpload(services, caller, c.req.param('id') ?? '')
    const present = c.req.method === 'HEAD' ? await upToNow(upload) : upload
    if (present.original) return finished(services, c, present)
    const response = await handled(c, caller)
    if (c.req.method === 'DELETE' && response.ok) await removeUpload(services, upload._id)
    return response
  }

  app.on('OPTIONS', ['/uploads', '/uploads/:id'], (c) => tus.options(c.req.raw))
  app.post('/uploads', (c) => handled(c, callerOf(c)))
  app.on(['PATCH', 'DELETE'], '/uploads/:id', one)
  // Hono sends HEAD where GET goes, and the file itself is nobody's to read here.
  app.get('/uploads/:id', (c) => (c.req.method === 'HEAD' ? one(c) : c.notFound()))
  return app
}

/** Its bytes are in the blob store: the protocol's own files are gone. */
async function finished(services: Needs, c: Context<HttpEnv>, { _id, size }: Upload): Promise<Response> {
  const headers = { 'Tus-Resumable': '1.0.0', 'Cache-Control': 'no-store' }
  const offset = { 'Upload-Offset': String(size), 'Upload-Length': String(size) }
  switch (c.req.method) {
    case 'DELETE':
      await removeUpload(services, _id)
      return new Response(null, { status: 204, headers })
    case 'HEAD':
      return new Response(null, { headers: { ...headers, ...offset } })
    default:
      if (c.req.header('upload-offset') === String(size)) return new Response(null, { status: 204, headers: { ...headers, ...offset } })
      return errorResponse(
        new ImageDocError('INVALID_REQUEST', 'The upload is complete; there is nothing to add.', { path: 'Upload-Offset' }),
        {
          headers: new Headers(headers),
          status: 409,
        },
      )
  }
}

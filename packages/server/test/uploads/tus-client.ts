import type { Hono } from 'hono'
import type { HttpEnv } from '../../src/http/env.ts'

const TUS = { 'Tus-Resumable': '1.0.0' }

/** The protocol as a client speaks it. */
export interface TusClient {
  create(size: number | string, metadata?: Record<string, string>, headers?: Record<string, string>): Promise<Response>
  patch(path: string, offset: number, body: Uint8Array | ReadableStream<Uint8Array>): Promise<Response>
  head(path: string): Promise<Response>
  remove(path: string): Promise<Response>
  /** Creates, and sends all in one piece. Gives the answer to the last request and the upload's id. */
  send(bytes: Uint8Array, metadata?: Record<string, string>): Promise<{ response: Response; path: string; id: string }>
}

export function tusClient(app: Hono<HttpEnv>): TusClient {
  const create: TusClient['create'] = async (size, metadata = {}, headers = {}) => {
    const pairs = Object.entries(metadata).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    const about = pairs.length > 0 ? { 'Upload-Metadata': pairs.join(',') } : {}
    return app.request('/uploads', { method: 'POST', headers: { ...TUS, 'Upload-Length': String(size), ...about, ...headers } })
  }
  const patch: TusClient['patch'] = async (path, offset, body) => {
    const headers = { ...TUS, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' }
    return app.request(path, { method: 'PATCH', headers, body, duplex: 'half' } as RequestInit)
  }
  return {
    create,
    patch,
    head: async (path) => app.request(path, { method: 'HEAD', headers: TUS }),
    remove: async (path) => app.request(path, { method: 'DELETE', headers: TUS }),
    async send(bytes, metadata) {
      const created = await create(bytes.length, metadata)
      const path = created.headers.get('Location')
      if (!path) return { response: created, path: '', id: '' }
      return { response: await patch(path, 0, bytes), path, id: path.split('/').at(-1) ?? '' }
    },
  }
}

/** A body that breaks off after these bytes, which come in pieces. */
export function brokenBody(bytes: Uint8Array, piece = Math.ceil(bytes.length / 2)): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      const part = bytes.subarray(at, at + piece)
      at += piece
      if (part.length > 0) controller.enqueue(part)
      else controller.error(new Error('the connection was cut'))
    },
  })
}

/** A body that gives these bytes and then nothing more, without an end. */
export function stalledBody(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.enqueue(bytes) })
}

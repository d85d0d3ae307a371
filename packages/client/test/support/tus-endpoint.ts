import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Received {
  readonly size: number
  readonly metadata: Record<string, string>
  readonly room: Buffer
  /** What arrived. */
  bytes: Buffer
}

/** As much of tus 1.0 as a client needs. Keeps what arrived before a connection broke. */
export interface Uploads {
  readonly all: Map<string, Received>
  /** Breaks the connection once, when so many bytes have arrived in all. */
  cutAt: number
  handle(request: IncomingMessage, response: ServerResponse): void
}

export function createUploads(): Uploads {
  const uploads: Uploads = {
    all: new Map(),
    cutAt: Number.POSITIVE_INFINITY,
    handle(request, response) {
      const upload = uploads.all.get(request.url?.split('/')[2] ?? '')
      if (request.method === 'POST') return create(uploads, request, response)
      if (!upload) return void response.writeHead(404).end()
      if (request.method === 'PATCH') return receive({ uploads, upload }, request, response)
      response.writeHead(200, { 'Upload-Offset': upload.bytes.length, 'Upload-Length': upload.size, 'Tus-Resumable': '1.0.0' }).end()
    },
  }
  return uploads
}

function create({ all }: Uploads, { headers }: IncomingMessage, response: ServerResponse): void {
  const id = randomBytes(12).toString('hex')
  const pairs = String(headers['upload-metadata'] ?? '').split(',')
  const metadata = pairs.filter(Boolean).map((pair) => [pair.split(' ')[0], Buffer.from(pair.split(' ')[1] ?? '', 'base64').toString()])
  const size = Number(headers['upload-length'])
  all.set(id, { size, metadata: Object.fromEntries(metadata), room: Buffer.alloc(size), bytes: Buffer.alloc(0) })
  response.writeHead(201, { Location: `/uploads/${id}`, 'Tus-Resumable': '1.0.0' }).end()
}

function receive({ uploads, upload }: { uploads: Uploads; upload: Received }, request: IncomingMessage, response: ServerResponse): void {
  if (Number(request.headers['upload-offset']) !== upload.bytes.length) return void response.writeHead(409).end()
  request.on('data', (chunk: Buffer) => {
    chunk.copy(upload.room, upload.bytes.length)
    upload.bytes = upload.room.subarray(0, upload.bytes.length + chunk.length)
    if (upload.bytes.length < uploads.cutAt) return
    uploads.cutAt = Number.POSITIVE_INFINITY
    request.socket.destroy()
  })
  request.on('end', () => response.writeHead(204, { 'Upload-Offset': upload.bytes.length, 'Tus-Resumable': '1.0.0' }).end())
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ImageDocError, isImageDocError } from '@imagedoc/core/errors'
import { initTRPC, TRPCError } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { createUploads, type Uploads } from './tus-endpoint.ts'

/** Returns true when it has answered, or broken the connection. */
type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | undefined

/** A server of the same protocols with switches for what goes wrong on networks. The real one is tested in `integration.test.ts`. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly requests: { method: string; url: string; authorization: string | undefined }[]
  /** Every `collections.create` and `collections.update` that was carried out. */
  readonly done: { path: string; input: Record<string, unknown> }[]
  readonly uploads: Uploads
  /** Of `/documents/<id>/file`: every document has these bytes. */
  file: { bytes: Buffer; etag: string; disposition: string }
  intercept: Intercept
  /** How many calls are carried out without their answer getting through. */
  lostAnswers: number
  /** What `collections.get` fails with, one after the other. */
  readonly failures: ImageDocError[]
}

export async function startTestServer(): Promise<TestServer> {
  const state: Omit<TestServer, 'url' | keyof AsyncDisposable> = {
    requests: [],
    done: [],
    uploads: createUploads(),
    file: { bytes: Buffer.from('file'), etag: '', disposition: '' },
    intercept: () => false,
    lostAnswers: 0,
    failures: [],
  }
  const handle = createHTTPHandler({
    router: routerOf(state),
    basePath: '/trpc/',
    allowMethodOverride: true,
    createContext: ({ req }) => ({ cut: () => void req.socket.destroy() }),
  })
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    state.requests.push({ method, url, authorization: headers.authorization })
    if (state.intercept(request, response)) return
    if (url.startsWith('/trpc/')) handle(request, response)
    else if (url.startsWith('/uploads')) state.uploads.handle(request, response)
    else sendFile(request, response, state.file)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  })
}

function routerOf(state: Pick<TestServer, 'done' | 'failures' | 'lostAnswers'>) {
  const t = initTRPC.context<{ cut(): void }>().create({
    isDev: false,
    errorFormatter: ({ shape, error: { cause } }) => ({
      ...shape,
      data: { ...shape.data, error: isImageDocError(cause) ? cause.toJSON() : undefined },
    }),
  })
  const any = t.procedure.input((value) => value as Record<string, unknown>)
  const carryOut = ({ path, input, ctx }: { path: string; input: Record<string, unknown>; ctx: { cut(): void } }) => {
    const known = state.done.find((one) => input['idempotencyKey'] !== undefined && one.input['idempotencyKey'] === input['idempotencyKey'])
    if (!known) state.done.push({ path, input })
    if (state.lostAnswers-- > 0) ctx.cut()
    return { id: String(state.done.length), title: input['title'] }
  }
  return t.router({
    collections: t.router({
      create: any.mutation(carryOut),
      update: any.mutation(carryOut),
      get: any.query(({ input, ctx }) => {
        if (state.lostAnswers-- > 0) ctx.cut()
        const cause = state.failures.shift()
        if (cause) throw new TRPCError({ code: 'BAD_REQUEST', message: cause.message, cause })
        return { id: input['id'] }
      }),
      members: t.router({ list: any.query(({ input }) => [input['id']]) }),
    }),
    documents: t.router({ create: any.mutation(({ input }) => ({ id: 'd1', original: { digest: input['title'] } })) }),
    pipelines: t.router({ validate: any.query(({ input }) => ({ valid: true, problems: [input['definition']] })) }),
    stats: t.procedure.query(() => ({ users: 1 })),
  })
}

function sendFile(request: IncomingMessage, response: ServerResponse, { bytes, etag, disposition }: TestServer['file']): void {
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const start = Number(from)
  const part = bytes.subarray(start, to === '' ? undefined : Number(to) + 1)
  response.writeHead(from === '' ? 200 : 206, {
    'Content-Type': 'application/pdf',
    'Content-Length': part.length,
    'Content-Disposition': disposition,
    ETag: etag,
  })
  response.end(part)
}

/** An answer of our own routes that is an error. */
export function refuse(response: ServerResponse, status: number, error: ImageDocError): true {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error: error.toJSON() }))
  return true
}

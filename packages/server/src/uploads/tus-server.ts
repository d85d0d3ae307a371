import { abortError, ImageDocError, isImageDocError } from '@imagedoc/core'
import { MemoryLocker, Server, type ServerOptions } from '@tus/server'
import type { Caller } from '../access/caller.ts'
import { type Id, isId } from '../records/id.ts'
import type { Services } from '../services.ts'
import { beginUpload } from './begin.ts'
import { removeUpload } from './claim.ts'
import type { Finisher } from './finish.ts'
import { passingBytes } from './passing-bytes.ts'
import { errorResponse, protocolError } from './tus-errors.ts'

type Needs = Pick<Services, 'queues' | 'settings' | 'tables' | 'uploads' | 'usage' | 'now'>

/** The resumable upload protocol, spoken for a caller who was let in before. */
export interface TusServer {
  /** What the protocol is able to do here; asked without a token. */
  options(request: Request): Promise<Response>
  /** An answer of the protocol, or our error in the form of one. @throws what is no ImageDocError */
  handle(request: Request, caller: Caller): Promise<Response>
  /** How much is there, and what was announced. Undefined when there is nothing. */
  received(id: Id): Promise<{ bytes: number; digest: string | null | undefined } | undefined>
}

/** What belongs to one request; the protocol's hooks are given the request only. */
interface Call {
  readonly caller: Caller
  created?: { id: Id; metadata: Record<string, string | null> }
  failed?: unknown
}

export function createTusServer(services: Needs, finisher: Finisher): TusServer {
  const { data } = services.uploads
  const calls = new WeakMap<Request, Call>()
  const server = new Server({ ...protocol(services), datastore: data, ...hooks({ services, finisher, calls }) })
  return {
    options: (request) => server.handleWeb(request),
    async handle(request, caller) {
      const signal = AbortSignal.any([request.signal, caller.signal])
      const guarded = withBody(request, signal)
      const call: Call = { caller }
      calls.set(guarded, call)
      const response = await server.handleWeb(guarded)
      if (response.status < 400) return response
      // Whoever began it never learns its address.
      if (call.created) await removeUpload(services, call.created.id)
      return refused(response, call)
    },
    async received(id) {
      const upload = await data.getUpload(id).catch(missing)
      return upload && { bytes: upload.offset, digest: upload.metadata?.['digest'] }
    },
  }
}

/** Undefined for what is not there; what a store cannot say just now is no reason to call it gone. */
function missing(error: unknown): undefined {
  if (isImageDocError(error)) throw error
  return undefined
}

function protocol({ settings }: Needs) {
  return {
    path: '/uploads',
    relativeLocation: true,
    maxSize: settings.maxUploadBytes,
    locker: new MemoryLocker(),
    exposedHeaders: ['Upload-Error'],
    // Which origins may call is said in one place, for all routes.
    allowedOrigins: () => false,
    getFileIdFromRequest: (_request, last) => (last !== undefined && isId(last) ? last : undefined),
  } satisfies ServerOptions
}

function hooks({ services, finisher, calls }: { services: Needs; finisher: Finisher; calls: WeakMap<Request, Call> }) {
  const callOf = (request: Request): Call => {
    const call = calls.get(request)
    if (call) return call
    throw new ImageDocError('INTERNAL', 'An upload was handled for nobody.')
  }
  return {
    async namingFunction(request, metadata = {}) {
      const call = callOf(request)
      const announced = { length: request.headers.get('upload-length'), metadata }
      const begin = () => beginUpload(services, call.caller, announced)
      const { upload, digest } = await services.queues.uploadBegins.run(call.caller.userId, begin)
      call.created = { id: upload._id, metadata: { filename: upload.file_name, ...(digest !== undefined && { digest }) } }
      return upload._id
    },
    /** Nothing of what the client said is kept but what was checked. */
    onUploadCreate: async (request) => ({ metadata: callOf(request).created?.metadata ?? {} }),
    async onUploadFinish(request, { id, metadata }) {
      // A check that nobody waits for any more goes on: its result is there when the client asks again.
      await orAborted(finisher.finish(id, { digest: metadata?.['digest'] }), callOf(request).caller.signal)
      return {}
    },
    onResponseError(request, error) {
      callOf(request).failed = error
      return undefined
    },
  } satisfies Partial<ServerOptions>
}

/** The same request, whose body ends with an error when the signal aborts. The connection stays, for the answer. */
function withBody(request: Request, signal: AbortSignal): Request {
  const body = request.body?.pipeThrough(passingBytes(), { signal, preventCancel: true }) ?? null
  return new Request(request.url, { method: request.method, headers: request.headers, body, duplex: 'half' } as RequestInit)
}

async function refused(response: Response, { caller, failed }: Call): Promise<Response> {
  const { headers, status } = response
  if (caller.signal.aborted) return errorResponse(loggedOut(caller.signal), { headers })
  if (isImageDocError(failed)) return errorResponse(failed, { headers })
  // Thrown by ours, not by the protocol: the application's own handler hides and logs it.
  if (failed instanceof Error && !('status_code' in failed)) throw failed
  return errorResponse(protocolError(status, await response.text()), { headers, status })
}

/** What she is told who logged out, or was, while she was sending. */
function loggedOut({ reason }: AbortSignal): ImageDocError {
  if (isImageDocError(reason)) return reason
  return new ImageDocError('UNAUTHENTICATED', 'Your token ended while you were sending. Log in again, then go on from the offset.')
}

async function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(abortError(signal))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', stop))
}

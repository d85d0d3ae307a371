import { abortError, ImageDocError } from '@imagedoc/core/errors'
import { readBody, statusError, unreachable } from './errors.ts'

/** What `auth.login` gave, or an API key; a function is asked before each request. */
export type Token = string | (() => string | undefined | Promise<string | undefined>)

/** Where the server is and who is calling. */
export interface ClientOptions {
  /** For example `https://archive.example.org`. */
  readonly url: string
  /** @default none: only what needs no login can be called */
  readonly token?: Token | undefined
  /** For calls and downloads; uploads have a transport of their own, which knows how much was sent. @default the global one */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** How often a call that failed for a passing reason is repeated, where that cannot do something twice. @default 3 */
  readonly retries?: number | undefined
}

/** One server, spoken to by one caller. */
export interface Connection {
  readonly url: string
  readonly retries: number
  address(path: string): string
  headers(): Promise<Record<string, string>>
  /** An answer of success; reading its body throws the same. @throws the server's error; SERVER_UNREACHABLE; CANCELLED */
  get(path: string, options: { headers?: Record<string, string>; signal?: AbortSignal | undefined }): Promise<Response>
  /** The same for a request with a JSON body. */
  post(path: string, body: object, options: { signal?: AbortSignal | undefined }): Promise<Response>
  /** As tRPC needs it: its own errors come back as answers. */
  fetchRpc(input: string, init: RequestInit): Promise<Response>
}

/** @throws INVALID_CONFIG when the address is none */
export function connect({ url: given, token, fetch: ownFetch, retries = 3 }: ClientOptions): Connection {
  const url = originOf(given)
  const send = async (input: string, init: RequestInit): Promise<Response> => {
    const fetcher = ownFetch ?? globalThis.fetch
    try {
      return await fetcher(input, init)
    } catch (error) {
      throw init.signal?.aborted ? abortError(init.signal) : unreachable(url, error)
    }
  }
  const headers = async (): Promise<Record<string, string>> => {
    const value = typeof token === 'function' ? await token() : token
    return value === undefined ? {} : { Authorization: `Bearer ${value}` }
  }
  const ask = async (path: string, { signal, ...init }: Asked): Promise<Response> => {
    const response = await send(`${url}${path}`, {
      ...init,
      headers: { ...(await headers()), ...init.headers },
      ...(signal ? { signal } : {}),
    })
    if (!response.ok) throw await failureOf(response)
    const failed = (error: unknown) => (signal?.aborted ? abortError(signal) : unreachable(url, error))
    return new Response(response.body && translated(response.body, failed), response)
  }
  return {
    url,
    retries,
    address: (path) => `${url}${path}`,
    headers,
    get: ask,
    post: (path, body, { signal }) =>
      ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal }),
    async fetchRpc(input, init) {
      const response = await send(input, init)
      if (response.ok || isRpcFailure(await response.clone().text())) return response
      throw await failureOf(response)
    },
  }
}

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly signal?: AbortSignal | undefined
}

async function failureOf(response: Response): Promise<ImageDocError> {
  const body = await response.text().catch(() => '')
  return readBody(body) ?? statusError(response.status, response.headers.get('Retry-After'))
}

/** The same bytes; a connection that breaks in the middle is an error of ours too. */
function translated(body: ReadableStream<Uint8Array>, failed: (error: unknown) => ImageDocError): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        controller.error(failed(error))
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

/** tRPC numbers its codes; ours are words. */
function isRpcFailure(body: string): boolean {
  return /^\s*\[|^\s*\{\s*"error"\s*:\s*\{[^{}]*"code"\s*:\s*-?\d/.test(body)
}

function originOf(given: string): string {
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol))
    throw new ImageDocError('INVALID_CONFIG', `"${given}" is not the address of a server. Write one such as https://archive.example.org.`, {
      path: 'url',
    })
  return given.replace(/\/+$/, '')
}

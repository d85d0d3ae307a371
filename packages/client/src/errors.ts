import { abortError, type ErrorCode, errorCodes, ImageDocError, isImageDocError, type SerialisedError } from '@imagedoc/core/errors'

/** Whatever a call through tRPC failed with, as the error that the server threw, or as the reason why there is none. */
export function callError(error: unknown, url: string, signal?: AbortSignal): ImageDocError {
  if (signal?.aborted) return abortError(signal)
  if (isImageDocError(error)) return error
  const { data, cause } = error as { data?: { error?: unknown } | null; cause?: unknown }
  if (isImageDocError(cause)) return cause
  return readError(data?.error) ?? unreachable(url, error)
}

/** The error in an answer's body: `{ error }` or the error itself. */
export function readBody(body: string): ImageDocError | undefined {
  const parsed = parseJson(body) as { error?: unknown } | null | undefined
  return readError(parsed?.error) ?? readError(parsed)
}

/** An answer that is no success. Something between here and the server may have given it. */
export function statusError(status: number, retryAfter: string | null = null): ImageDocError {
  const seconds = Number(retryAfter ?? Number.NaN)
  const details = { status, ...(Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}) }
  const [code, message] = meaningOf(status)
  return new ImageDocError(code, message, { details })
}

/** Nothing came back. */
export function unreachable(url: string, cause: unknown): ImageDocError {
  const address = isOtherOrigin(url)
    ? 'Is the address right, and does the server let pages of this origin call it (IMAGEDOC_CORS_ORIGINS)?'
    : 'Is the address right?'
  return new ImageDocError('SERVER_UNREACHABLE', `The server at ${url} did not answer: ${reasonOf(cause)}. ${address}`, { cause })
}

/** In a page of another origin: a browser does not tell it a refusal from a server that is not there. */
function isOtherOrigin(url: string): boolean {
  const { location } = globalThis as { location?: { origin?: string } }
  return location?.origin !== undefined && URL.canParse(url) && new URL(url).origin !== location.origin
}

function readError(value: unknown): ImageDocError | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { code, message, path, details, retryable } = value as Partial<SerialisedError>
  if (typeof code !== 'string' || typeof message !== 'string' || typeof retryable !== 'boolean') return undefined
  const known: ErrorCode = Object.hasOwn(errorCodes, code) ? code : retryable ? 'SERVER_UNREACHABLE' : 'INTERNAL'
  return ImageDocError.fromJSON({
    code: known,
    message: known === code ? message : `${code}: ${message}`,
    ...(typeof path === 'string' ? { path } : {}),
    ...(details === undefined ? {} : { details }),
    retryable,
  })
}

function meaningOf(status: number): [ErrorCode, string] {
  if (status === 401) return ['UNAUTHENTICATED', 'The server does not accept the token: log in.']
  if (status === 403) return ['FORBIDDEN', 'This is not allowed.']
  if (status === 404) return ['NOT_FOUND', 'There is nothing at this address. Is it the address of an ImageDoc server?']
  if (status === 413) return ['INPUT_TOO_LARGE', 'The request is larger than the server, or a proxy before it, takes.']
  if (status === 429) return ['RATE_LIMITED', 'Too many requests.']
  if (status >= 500) return ['SERVER_UNREACHABLE', `The server, or a proxy before it, answered with status ${status}.`]
  return ['INVALID_REQUEST', `The server refused the request with status ${status}.`]
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const causes: string[] = []
  for (let at = error; at instanceof Error && causes.length < 5; at = at.cause) causes.push((at as { code?: string }).code ?? at.message)
  return causes.at(-1) || 'no reason given'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { type ErrorCode, ImageDocError } from '@imagedoc/core'

const explained: Record<string, [code: ErrorCode, message: string]> = {
  auth: ['PROVIDER_AUTH', 'DeepL refused the key; check the option "deepl.authKey" of @imagedoc/plugin-translate.'],
  quota: ['PROVIDER_QUOTA', 'The quota of the DeepL account is used up; raise it, wait for the next period, or use the engine "apertium".'],
  busy: ['PROVIDER_RATE_LIMITED', 'DeepL asks to slow down; try again later, or give the step "retries".'],
  rejected: ['PROVIDER_REJECTED', 'DeepL refused the request; check the languages and the formality of the step.'],
  odd: ['PROVIDER_REJECTED', 'DeepL answered with something that is no translation; check the option "deepl.serverUrl".'],
  down: ['PROVIDER_UNREACHABLE', 'DeepL could not do its work; try again later, or give the step "retries".'],
  silent: [
    'PROVIDER_UNREACHABLE',
    'DeepL did not answer; check the network and the option "deepl.serverUrl", or use the engine "apertium".',
  ],
}

/**
 * The error for what deepl-node throws. Its errors hold the request with the key in it, and may quote the text, so neither they
 * nor their messages are passed on: the cause is a new error with the kind of failure only.
 */
export function deeplError(error: unknown): ImageDocError {
  const { name, message } =
    error instanceof Error ? { name: error.constructor.name, message: error.message } : { name: 'unknown', message: '' }
  const status = statusOf(name, message)
  const [code, text] = explained[kindOf(name, status)] as [ErrorCode, string]
  return new ImageDocError(code, status === undefined ? text : `${text} (HTTP ${status})`, {
    cause: new Error(`deepl-node: ${name}`),
    ...(status !== undefined && { details: { status } }),
  })
}

/** The classes and the beginnings of the messages of deepl-node 1.28, which keeps no status. */
function statusOf(name: string, message: string): number | undefined {
  const known: Record<string, number> = { AuthorizationError: 403, QuotaExceededError: 456, TooManyRequestsError: 429 }
  if (known[name] !== undefined) return known[name]
  if (message.startsWith('Bad request')) return 400
  if (message.startsWith('Not found')) return 404
  if (message.startsWith('Service unavailable')) return 503
  const unexpected = /^Unexpected status code: (\d{3})\b/.exec(message)?.[1]
  return unexpected === undefined ? undefined : Number(unexpected)
}

function kindOf(name: string, status: number | undefined): string {
  if (name === 'ConnectionError') return 'silent'
  if (status === 401 || status === 403) return 'auth'
  if (status === 456) return 'quota'
  if (status === 429) return 'busy'
  if (status !== undefined && status >= 500) return 'down'
  return status === undefined ? 'odd' : 'rejected'
}

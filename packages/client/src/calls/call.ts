import { isImageDocError } from '@imagedoc/core/errors'
import { createTRPCUntypedClient, httpBatchStreamLink, splitLink } from '@trpc/client'
import type { Connection } from '../connection.ts'
import { callError } from '../errors.ts'
import { retrying } from '../retry.ts'
import type { CallPath } from './calls.ts'
import { repeatableAs } from './repeatable.ts'

/** The server takes 20. */
const BATCH = 10
/** Node refuses more than 16 KiB of request line and headers together. */
const URL_LENGTH = 8000
const LONG_INPUT = 6000

/** Sends calls made in the same tick in one request; each answer arrives when it is ready. */
export function createCall(connection: Connection): CallPath {
  const link = (methodOverride?: 'POST') =>
    httpBatchStreamLink({
      url: connection.address('/trpc'),
      maxItems: BATCH,
      ...(methodOverride ? { methodOverride } : { maxURLLength: URL_LENGTH }),
      headers: () => connection.headers(),
      fetch: (input, init) => connection.fetchRpc(String(input), init as RequestInit),
    })
  const client = createTRPCUntypedClient({
    // A pipeline does not fit into an address.
    links: [splitLink({ condition: ({ type, input }) => type === 'query' && isLong(input), true: link('POST'), false: link() })],
  })
  return async (path, given, { signal } = {}) => {
    const repeatable = repeatableAs(path)
    const input = repeatable === 'keyed' ? withKey(given) : given
    const send = () => {
      const options = signal ? { signal } : {}
      const answer = repeatable === 'query' ? client.query(path, input, options) : client.mutation(path, input, options)
      return answer.catch((error: unknown) => {
        throw callError(error, connection.url, signal)
      })
    }
    // Refused for its rate, a call has changed nothing, whatever it is.
    const isSafe = (error: unknown) => isSafelyRepeated(input, repeatable) || (isImageDocError(error) && error.code === 'RATE_LIMITED')
    return retrying(send, { retries: connection.retries, isSafe, signal })
  }
}

function isLong(input: unknown): boolean {
  return input !== undefined && encodeURIComponent(JSON.stringify(input)).length > LONG_INPUT
}

function isSafelyRepeated(input: unknown, repeatable: ReturnType<typeof repeatableAs>): boolean {
  return repeatable === 'query' || (repeatable === 'keyed' && (input as { idempotencyKey?: string }).idempotencyKey !== undefined)
}

/** A change of something that is there is guarded by its revision instead. */
function withKey(input: unknown): unknown {
  const given = (input ?? {}) as { id?: string; idempotencyKey?: string }
  return given.id === undefined && given.idempotencyKey === undefined ? { ...given, idempotencyKey: newKey() } : input
}

/** `crypto.randomUUID` is missing where a page was not loaded over https. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

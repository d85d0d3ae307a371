import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Connection } from '../connection.ts'
import { callError, unreachable } from '../errors.ts'

/** A message of a subscription, with the id to go on from after it; or what the connection says of itself. */
export type Streamed = { readonly type: 'data'; readonly id: string; readonly data: unknown } | { readonly type: 'open' | 'alive' | 'end' }

/** Until the first byte; and between two, unless the server says otherwise. */
const SILENCE_MS = 30_000
/** No message is nearly as long. */
const BUFFER = 16 * 2 ** 20

/**
 * One connection to a subscription. Without an `end` it broke, or the server stopped.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html and tRPC's `sseStreamProducer` for the names of the events
 */
export async function* openStream(connection: Connection, path: string, signal?: AbortSignal): AsyncGenerator<Streamed, void> {
  const silence = createSilence(connection.url, signal)
  try {
    const response = await connection.get(path, { headers: { Accept: 'text/event-stream' }, signal: silence.signal })
    if (!/^text\/event-stream/i.test(response.headers.get('Content-Type') ?? '') || !response.body) throw noStream(connection.url)
    for await (const message of messagesOf(response.body, silence.heard)) {
      if (message.event === 'connected') {
        silence.allow(message.data)
        yield { type: 'open' }
      } else if (message.event === 'ping') yield { type: 'alive' }
      else if (message.event === 'serialized-error') throw callError(JSON.parse(message.data), connection.url)
      else if (message.event === 'return') yield { type: 'end' }
      else if (message.event === undefined) yield { type: 'data', id: message.id ?? '', data: JSON.parse(message.data) }
    }
  } catch (error) {
    throw silence.reason(error)
  } finally {
    silence.stop()
  }
}

async function* messagesOf(body: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<EventSourceMessage, void> {
  const ready: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => void ready.push(message), maxBufferSize: BUFFER })
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      heard()
      parser.feed(decoder.decode(value, { stream: true }))
      yield* ready.splice(0)
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** Gives a connection up that says nothing any more: a network can swallow one so that neither end hears of it. */
function createSilence(url: string, outer: AbortSignal | undefined) {
  const controller = new AbortController()
  const silent = unreachable(url, new Error('nothing came any more'))
  const abort = (): void => controller.abort(outer?.reason)
  let ms = SILENCE_MS
  let timer: ReturnType<typeof setTimeout>
  const heard = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => controller.abort(silent), ms)
  }
  heard()
  outer?.addEventListener('abort', abort)
  if (outer?.aborted) abort()
  return {
    signal: controller.signal,
    heard,
    /** As the server's first event asks. */
    allow(options: string): void {
      const { reconnectAfterInactivityMs: asked } = JSON.parse(options) as { reconnectAfterInactivityMs?: unknown }
      if (typeof asked === 'number') ms = asked
      heard()
    },
    reason: (error: unknown): unknown => (controller.signal.reason === silent ? silent : error),
    stop(): void {
      clearTimeout(timer)
      outer?.removeEventListener('abort', abort)
      controller.abort()
    },
  }
}

function noStream(url: string) {
  return unreachable(url, new Error('the answer is no stream of events'))
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RunEvent } from '@imagedoc/core'
import type { SerialisedError } from '@imagedoc/core/errors'

/** One connection, as the server of the events sees it. */
export interface EventConnection {
  readonly authorization: string | undefined
  readonly lastEventId: string | undefined
  /** Begins the stream. */
  open(options?: { reconnectAfterInactivityMs?: number }): void
  send(...events: readonly RunEvent[]): void
  fail(error: SerialisedError): void
  /** Says that it is over. */
  end(): void
  /** Only so many more bytes come through, then the connection is gone. */
  cutAfter(bytes: number): void
  readonly closed: Promise<void>
  readonly response: ServerResponse
}

/** A server of `runs.events` that does what a test says, in the protocol of the real one. */
export async function startEventServer(handle: (connection: EventConnection) => void): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => handle(connectionOf(request, response)))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function connectionOf(request: IncomingMessage, response: ServerResponse): EventConnection {
  const input = new URL(request.url ?? '', 'http://localhost').searchParams.get('input') ?? '{}'
  let left = Number.POSITIVE_INFINITY
  const write = (text: string): void => {
    const bytes = Buffer.from(text)
    if (bytes.length < left) response.write(bytes)
    // Written and flushed before the connection is cut, so that a part of an event arrives.
    else if (left > 0) response.write(bytes.subarray(0, left), () => request.socket.destroy())
    left = Math.max(0, left - bytes.length)
  }
  return {
    authorization: request.headers.authorization,
    lastEventId: (JSON.parse(input) as { lastEventId?: string }).lastEventId,
    open(options = {}) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      write(`event: connected\ndata: ${JSON.stringify(options)}\n\n\n`)
    },
    send: (...events) => write(events.map((event) => `data: ${JSON.stringify(event)}\nid: 1-${event.seq}\n\n\n`).join('')),
    fail: (error) => write(`event: serialized-error\ndata: ${JSON.stringify({ data: { error } })}\n\n\n`),
    end: () => write('event: return\ndata: \n\n\n'),
    cutAfter(bytes) {
      left = bytes
    },
    closed: new Promise((closed) => request.socket.once('close', () => closed())),
    response,
  }
}

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface StallingProxy {
  url: string
  /** While it is true, a body of an upload goes no further after the first one. */
  stalls: boolean
  /** Resolves when a body is held. */
  stalled: Promise<void>
  /** Bytes of uploads' bodies that came, since `count` was last set. */
  count: number
}

/** Stands between command and server, so that an upload can be met in the middle. */
export async function stallingProxy(target: string): Promise<StallingProxy> {
  let bodies = 0
  const held = Promise.withResolvers<void>()
  const state: StallingProxy = { url: '', stalls: true, stalled: held.promise, count: 0 }
  const server = createServer((incoming, answer) => {
    if (incoming.method === 'PATCH') {
      bodies++
      incoming.on('data', (chunk: Buffer) => {
        state.count += chunk.length
      })
      if (state.stalls && bodies > 1) {
        incoming.resume()
        held.resolve()
        return
      }
    }
    forward(target, incoming, answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return state
}

function forward(target: string, incoming: IncomingMessage, answer: ServerResponse): void {
  const { method, url, headers } = incoming
  const outgoing = request(new URL(url ?? '/', target), { method, headers: { ...headers, host: new URL(target).host } }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers)
    response.pipe(answer)
  })
  outgoing.on('error', () => answer.destroy())
  incoming.pipe(outgoing)
}

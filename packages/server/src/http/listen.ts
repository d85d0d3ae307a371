import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { ImageDocError } from '@imagedoc/core'
import type { ServerSettings } from '../settings/settings.ts'

const DRAIN_MS = 10_000
const IDLE_MS = 50
/**
 * Node's own bound is five minutes for a whole request, and uploads take their time. That of its head, a minute, has to be said then: Node would take
 * the lesser of both, which is none.
 */
const bounds = { requestTimeout: 0, headersTimeout: 60_000 }
/** Longer than proxies keep a connection that nobody uses (nginx and most balancers 60 s): after Node's 5 s their next request may meet the end of it. */
const KEEP_ALIVE_MS = 75_000

/** Answers requests; disposing waits for those under way, for 10 s at most. @throws INVALID_CONFIG for an address that cannot be listened on */
export async function listen(
  fetch: (request: Request, env: object) => Promise<Response> | Response,
  { host, port, remedy = 'Set HOST and PORT to others.' }: Pick<ServerSettings, 'host' | 'port'> & { remedy?: string },
): Promise<AsyncDisposable & { url: string }> {
  const server = createAdaptorServer({ fetch, serverOptions: { ...bounds, keepAliveTimeout: KEEP_ALIVE_MS } })
  await new Promise<void>((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => failed(cannotListen(error, { host, port, remedy })))
    server.listen(port, host, () => done())
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      const connections = server as unknown as { closeIdleConnections?(): void; closeAllConnections?(): void }
      connections.closeIdleConnections?.()
      // Those that were busy are kept open for 5 s after their answer, for another request that will not be taken.
      const idle = setInterval(() => connections.closeIdleConnections?.(), IDLE_MS)
      const timer = setTimeout(() => connections.closeAllConnections?.(), DRAIN_MS)
      await closed
      clearInterval(idle)
      clearTimeout(timer)
    },
  }
}

function cannotListen(error: NodeJS.ErrnoException, { host, port, remedy }: { host: string; port: number; remedy: string }): ImageDocError {
  const why = error.code === 'EADDRINUSE' ? 'another program listens there' : (error.code ?? error.message)
  return new ImageDocError('INVALID_CONFIG', `The server cannot listen on ${host}, port ${port}: ${why}. ${remedy}`, {
    cause: error,
  })
}

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A line to a server that can be broken. */
export interface Line extends AsyncDisposable {
  /** The server's address at this end of the line. */
  readonly url: string
  /** Ends every connection and takes no new one. */
  cut(): Promise<void>
  /** Connections stay, and nothing goes through them any more, as when a network swallows them; new ones are all right. */
  swallow(): void
  mend(): Promise<void>
}

/** A line to the server at this address, with what else stands in it. */
export async function openLine(target: string): Promise<Line> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const take = (near: Socket): void => {
    const far = connect(Number(port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('data', (data) => other.write(data))
      one.on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  }
  let server = createServer(take)
  await listening(server, 0)
  const ownPort = (server.address() as { port: number }).port
  const url = new URL(target)
  url.port = `${ownPort}`
  url.hostname = '127.0.0.1'
  const cut = async (): Promise<void> => {
    const closed = server.listening ? once(server, 'close') : undefined
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    url: url.href,
    cut,
    swallow() {
      for (const socket of sockets) socket.removeAllListeners('data').resume()
    },
    async mend() {
      if (server.listening) return
      server = createServer(take)
      await listening(server, ownPort)
    },
    [Symbol.asyncDispose]: cut,
  }
}

async function listening(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

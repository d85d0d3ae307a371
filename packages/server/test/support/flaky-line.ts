import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A line to a server that can be cut and mended. */
export interface FlakyLine extends AsyncDisposable {
  readonly port: number
  /** What is connected is cut off, and whoever comes is turned away. */
  cut(): void
  mend(): void
}

export async function openLine(target: { host: string; port: number }): Promise<FlakyLine> {
  const sockets = new Set<Socket>()
  let whole = true
  const server = createServer((client) => {
    if (!whole) return void client.destroy()
    const backend = connect(target)
    for (const socket of [client, backend]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        backend.destroy()
      })
    }
    client.on('data', (bytes) => backend.write(bytes))
    backend.on('data', (bytes) => client.write(bytes))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      whole = false
      cutAll()
    },
    mend() {
      whole = true
    },
    async [Symbol.asyncDispose]() {
      cutAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

import { connect, createServer, type Socket } from 'node:net'

/**
 * A network before a server that breaks a connection on which a stream of events comes down, after so many bytes of it; one place for each such
 * connection, then none is broken any more. Other connections are left alone.
 */
export async function cuttingNetwork(
  target: string,
  places: readonly number[],
): Promise<AsyncDisposable & { url: string; cuts(): number }> {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  const left = [...places]
  let cuts = 0
  const network = createServer((near) => {
    const far = connect(Number(port), hostname)
    const close = (): void => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => {}).on('close', close)
    }
    near.pipe(far)
    let room: number | undefined
    far.on('data', (bytes: Buffer) => {
      if (bytes.includes('text/event-stream')) room = left.shift()
      if (room === undefined || bytes.length < room) near.write(bytes)
      // Flushed first, so that a part of an event arrives.
      else if (room > 0) near.write(bytes.subarray(0, room), close)
      if (room === undefined) return
      if (room > 0 && bytes.length >= room) cuts++
      room = Math.max(0, room - bytes.length)
    })
  })
  await new Promise<void>((listening) => network.listen(0, '127.0.0.1', listening))
  const address = network.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((closed) => network.close(closed))
    },
  }
}

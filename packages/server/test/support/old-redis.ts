import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** Answers as a Redis of this version and memory policy does, as far as a start asks: no such server is installed. */
export async function oldRedis(version: string, policy: string): Promise<AsyncDisposable & { url: string }> {
  const info = `redis_version:${version}\r\nmaxmemory:0\r\nused_memory:1\r\nmaxmemory_policy:${policy}\r\naof_enabled:1\r\n`
  const answers: Readonly<Record<string, string>> = { PING: '+PONG\r\n', INFO: bulk(info), CONFIG: `*2\r\n${bulk('save')}${bulk('')}` }
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    // A command is an array of texts; its first is the name. One arrives in one piece: they are short.
    socket.on('data', (chunk) => {
      for (const [, name = ''] of String(chunk).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g))
        socket.write(answers[name.toUpperCase()] ?? '+OK\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`

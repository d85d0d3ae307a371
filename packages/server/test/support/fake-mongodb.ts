import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { BSON, type Document } from 'mongodb'

// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const HEADER_BYTES = 16

/** A server that takes every command for done, and notes it. */
export interface FakeMongodb extends AsyncDisposable {
  readonly url: string
  readonly asked: Document[]
}

/** Answers as the primary of a replica set does, or as a server by itself, as far as a handshake and single writes ask: no replica set is installed. */
export async function fakeMongodb(kind: 'replica set' | 'single server'): Promise<FakeMongodb> {
  const asked: Document[] = []
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    let pending = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= HEADER_BYTES && pending.length >= pending.readInt32LE()) {
        const message = pending.subarray(0, pending.readInt32LE())
        pending = pending.subarray(message.length)
        const command = commandOf(message)
        asked.push(command)
        socket.write(replyTo(message, isGreeting(command) ? greeting : done))
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const set = { setName: 'rs', setVersion: 1, hosts: [address], me: address, primary: address }
  const greeting = { ...able, ...(kind === 'replica set' ? set : {}) }
  return {
    url: `mongodb://${address}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const able = {
  helloOk: true,
  ismaster: true,
  isWritablePrimary: true,
  minWireVersion: 0,
  maxWireVersion: 21,
  maxBsonObjectSize: 2 ** 24,
  ok: 1,
}
const done = { n: 1, nModified: 1, cursor: { id: BSON.Long.ZERO, ns: 'x.items', firstBatch: [] }, ok: 1 }

const isGreeting = (command: Document): boolean => ['hello', 'ismaster', 'isMaster'].some((name) => name in command)

function commandOf(message: Buffer): Document {
  // Behind the flags: a byte for the kind of section; of the older one the name of a collection, with a NUL at its end, and two numbers.
  const start = message.readInt32LE(12) === OP_MSG ? HEADER_BYTES + 5 : message.indexOf(0, HEADER_BYTES + 4) + 9
  return BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)))
}

function replyTo(message: Buffer, document: Document): Buffer {
  const isOld = message.readInt32LE(12) === OP_QUERY
  // Flags and the kind; of the older one flags, a cursor, where it begins and how many documents there are.
  const before = Buffer.alloc(isOld ? 20 : 5)
  if (isOld) before.writeInt32LE(1, 16)
  const body = Buffer.concat([before, BSON.serialize(document)])
  const header = Buffer.alloc(HEADER_BYTES)
  for (const [index, value] of [HEADER_BYTES + body.length, 0, message.readInt32LE(4), isOld ? OP_REPLY : OP_MSG].entries())
    header.writeInt32LE(value, 4 * index)
  return Buffer.concat([header, body])
}

// Entry of a thread of the in-process runner. Settings of the whole process are not made here: they are the application's.
import { type MessagePort, parentPort } from 'node:worker_threads'
import { isMovable } from '../artifact/fresh-bytes.ts'
import { PIXELS_MEDIA_TYPE } from '../artifact/kind.ts'
import { serveHost } from './host.ts'
import type { FromHost, ToHost } from './protocol.ts'

/** Smaller ones are copied in no time. */
const TRANSFER_BYTES = 64 * 1024

if (parentPort) serve(parentPort)

function serve(port: MessagePort): void {
  const handle = serveHost({ send: (message) => send(port, message), end: () => process.exit(0) })
  port.on('message', (message: ToHost) => handle(message))
}

/**
 * The pixels of a segment's result are moved, not copied: 26 MB cost 5 to 10 ms. Only pixels, whose length is checked at every hand-over,
 * so that an operation which gives the same buffer twice is found out; and no item of an expansion, whose sequence may keep it, unless it says that
 * nobody does.
 */
function send(port: MessagePort, message: FromHost): void {
  if (message.type !== 'reply' || !('result' in message.reply) || !('value' in message.reply.result)) {
    port.postMessage(message)
    return
  }
  const { result } = message.reply
  const { bytes, mediaType } = result.value
  if (bytes.buffer.byteLength !== bytes.length) {
    // A clone of a view is a clone of all that lies under it, for example of a whole WASM memory.
    const copy = new Uint8Array(bytes)
    port.postMessage({ ...message, reply: { result: { ...result, value: { ...result.value, bytes: copy } } } }, [copy.buffer])
    return
  }
  const pixels = !message.keeps && mediaType === PIXELS_MEDIA_TYPE && bytes.buffer instanceof ArrayBuffer
  const movable = (pixels || isMovable(bytes)) && bytes.length >= TRANSFER_BYTES
  try {
    port.postMessage(message, movable ? [bytes.buffer as ArrayBuffer] : [])
  } catch {
    // Some memories can be copied but not moved.
    port.postMessage(message)
  }
}

import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** How a body must arrive. */
export type BodyPace =
  /** All of it within so many milliseconds. */
  | { readonly withinMs: number }
  /** In every stretch of so many milliseconds at least so many bytes. */
  | { readonly everyMs: number; readonly bytes: number }

/** A body that comes after its answer is read for so long and so far, so that the client sees the answer; then the connection is closed. */
const DRAIN_MS = 500
const DRAIN_BYTES = 2 * 2 ** 20

/** The request as Node has it; undefined where there is no socket, or no body that could be late. */
export function bodyOf(c: Context): IncomingMessage | undefined {
  const { incoming } = (c.env ?? {}) as unknown as Partial<HttpBindings>
  // Any method's: a GET may have one, which nobody reads.
  const has = Number(c.req.header('content-length') ?? 0) > 0 || c.req.header('transfer-encoding') !== undefined
  return has ? (incoming as IncomingMessage | undefined) : undefined
}

/**
 * Cuts the connection of a client whose body does not come at this pace. Node's own bound would hold for uploads, too, which take as long as the network
 * needs: so it is off, and without this one anybody could keep any number of connections busy for ever.
 */
export function watchBody(incoming: IncomingMessage, pace: BodyPace): Disposable {
  const timer = 'withinMs' in pace ? setTimeout(() => cutIfComing(incoming), pace.withinMs) : setInterval(() => cutIfSlow(), pace.everyMs)
  const { socket } = incoming
  let before = socket.bytesRead
  const cutIfSlow = (): void => {
    const came = socket.bytesRead - before
    before = socket.bytesRead
    // What lies here unread is late because of this server.
    if ('bytes' in pace && came < pace.bytes && incoming.readableLength === 0) cutIfComing(incoming)
  }
  const stop = (): void => clearTimeout(timer)
  timer.unref()
  incoming.once('end', stop)
  incoming.once('close', stop)
  return { [Symbol.dispose]: stop }
}

function cutIfComing(incoming: IncomingMessage): void {
  if (!incoming.complete) incoming.destroy()
}

/** To be awaited before an answer that does not wait for the whole body; true when the connection is to be closed behind the answer. */
export async function drainBody(incoming: IncomingMessage): Promise<boolean> {
  if (incoming.complete || incoming.destroyed) return false
  const before = incoming.socket.bytesRead
  const done = Promise.withResolvers<void>()
  const look = (): void => {
    if (incoming.complete || incoming.socket.bytesRead - before > DRAIN_BYTES) done.resolve()
  }
  const timer = setTimeout(done.resolve, DRAIN_MS)
  for (const event of ['end', 'close', 'error']) incoming.once(event, done.resolve)
  incoming.on('data', look)
  incoming.resume()
  await done.promise
  clearTimeout(timer)
  incoming.off('data', look)
  return !incoming.complete
}

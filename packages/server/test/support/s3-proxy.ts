import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What goes wrong with one request. */
export type Fault =
  /** The server never sees it, and it is answered with this. */
  | { readonly status: number }
  /** `request`: the connection is cut while it is sent; `answer`: done, but the connection is cut before a word of it is said. */
  | { readonly cut: 'request' | 'answer' }
  /** Half of the body arrives, then: the connection is cut, nothing more comes, or it is said to be all. */
  | { readonly half: 'cut' | 'silent' | 'shortened' }

/** An S3 server over a bad line. */
export interface BadLine extends AsyncDisposable {
  readonly url: string
  /** "PUT /bucket/key?x-id=PutObject", in order. */
  readonly seen: string[]
  /** The next `times` requests that match go wrong. */
  spoil(match: RegExp, fault: Fault, times?: number): void
}

export async function startProxy(target: string): Promise<BadLine> {
  const spoilt: { match: RegExp; fault: Fault; times: number }[] = []
  const seen: string[] = []
  const handle = (req: IncomingMessage, res: ServerResponse): void => {
    // Whoever is cut off says so to both sides.
    req.socket.on('error', () => {})
    res.on('error', () => {})
    const line = `${req.method} ${req.url}`
    seen.push(line)
    const found = spoilt.find(({ match, times }) => times > 0 && match.test(line))
    if (found) found.times--
    void answer(target, { req, res, fault: found?.fault }).catch(() => req.socket.destroy())
  }
  // A client may wait with the body until it is told to go on.
  const server = createServer(handle).on('checkContinue', handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    spoil: (match, fault, times = 1) => void spoilt.push({ match, fault, times }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly fault: Fault | undefined
}

async function answer(target: string, { req, res, fault }: Exchange): Promise<void> {
  const waits = req.headers.expect === '100-continue'
  if (fault && 'status' in fault) {
    if (waits) res.writeContinue()
    req.resume()
    await once(req, 'end')
    res.writeHead(fault.status, { 'Content-Type': 'application/xml' })
    return void res.end('<?xml version="1.0"?><Error><Code>InternalError</Code><Message>a fault of the test</Message></Error>')
  }
  if (fault && 'cut' in fault && fault.cut === 'request') return void req.socket.destroy()
  // The signature covers the host that the client wrote.
  const forwarded = request(target + req.url, { method: req.method, headers: req.headers }).on('error', () => {})
  if (waits) {
    forwarded.flushHeaders()
    forwarded.once('continue', () => {
      res.writeContinue()
      req.pipe(forwarded)
    })
  } else req.pipe(forwarded)
  const [answered] = (await once(forwarded, 'response')) as [IncomingMessage]
  const body = Buffer.concat(await answered.toArray())
  if (fault && 'cut' in fault) return void req.socket.destroy()
  const half = body.subarray(0, body.length >> 1)
  const shortened = fault?.half === 'shortened'
  res.writeHead(answered.statusCode ?? 500, { ...answered.headers, ...(shortened && { 'content-length': String(half.length) }) })
  if (!fault) return void res.end(body)
  if (shortened) return void res.end(half)
  await new Promise<void>((sent) => res.write(half, () => sent()))
  if (fault.half === 'cut') req.socket.destroy()
}

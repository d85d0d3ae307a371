import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string }
}

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes'> & { attributes: readonly Attribute[] })[]
    }[]
  }[]
}

export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1 internal, 2 server */
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Readonly<Record<string, string | number>>
  /** 2: an error */
  readonly status: { readonly code?: number; readonly message?: string }
}

export interface Collector extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }[]
  readonly resource: Readonly<Record<string, string | number>>
  readonly spans: readonly CollectedSpan[]
}

/** A collector that takes OTLP/HTTP in JSON, as every one does. */
export async function openCollector(): Promise<Collector> {
  const requests: { path: string; headers: IncomingHttpHeaders; body: string; parsed: Exported }[] = []
  const server = createServer(async (request, response) => {
    const parsed = (await json(request)) as Exported
    requests.push({ path: request.url ?? '', headers: request.headers, body: JSON.stringify(parsed), parsed })
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get resource() {
      return record(requests[0]?.parsed.resourceSpans[0]?.resource.attributes ?? [])
    },
    get spans() {
      const scopes = requests.flatMap(({ parsed }) => parsed.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
      return scopes.flatMap(({ spans }) => spans.map((span) => ({ ...span, attributes: record(span.attributes) })))
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function record(attributes: readonly Attribute[]): Record<string, string | number> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]))
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived at `/v2/translate`. */
export interface Received {
  readonly texts: string[]
  readonly source: string | null
  readonly target: string | null
  readonly formality: string | null
  readonly authorization: string | undefined
  readonly agent: string | undefined
  readonly bytes: number
}

/** A status with a body, no answer at all, a broken connection, or what is no JSON. */
export type Fault = number | 'silent' | 'reset' | 'html' | 'short'

/** A server that speaks as much of DeepL's API as is needed, and can be told to fail. */
export interface DeepLServer extends AsyncDisposable {
  readonly url: string
  readonly key: string
  readonly received: Received[]
  /** The next answers, one each; after them it works again. */
  readonly faults: Fault[]
  /** How many askers hung up before they had an answer. */
  abandoned(): number
}

/** "Translates" by putting the target before the text, so that a test sees what went through. @see https://developers.deepl.com/docs */
export async function startDeepL(): Promise<DeepLServer> {
  const received: Received[] = []
  const faults: Fault[] = []
  const key = 'se/cret+key-5f2b:fx'
  let abandoned = 0
  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableEnded) abandoned++
    })
    readBody(request).then(
      (body) => answer({ request, response, body, received, fault: faults.shift(), key }),
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    received,
    faults,
    abandoned: () => abandoned,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  body: string
  received: Received[]
  fault: Fault | undefined
  key: string
}

function answer({ request, response, body, received, fault, key }: Exchange): void {
  const send = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
  const { authorization } = request.headers
  const fields = new URLSearchParams(body)
  if (request.url === '/v2/translate') received.push(describe(request, fields, body))
  if (fault === 'silent') return
  if (fault === 'reset') request.socket.destroy()
  else if (fault === 'html') response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${authorization}</p>`)
  // A spiteful server gives back all it was told: none of it may be seen in an error.
  else if (typeof fault === 'number') send(fault, { message: `${authorization} ${body}`, detail: key })
  else if (authorization !== `DeepL-Auth-Key ${key}`) send(403, { message: 'Wrong key' })
  else if (request.url === '/v2/usage') send(200, { character_count: 0, character_limit: 500_000 })
  else if (request.url?.startsWith('/v2/languages'))
    send(200, [{ language: 'PT-BR', name: 'Portuguese (Brazil)', supports_formality: true }])
  else if (request.url === '/v2/translate') translate(fields, { body, short: fault === 'short', send })
  else send(404, { message: 'Not found' })
}

function translate(
  fields: URLSearchParams,
  { body, short, send }: { body: string; short: boolean; send(status: number, value: unknown): void },
): void {
  const texts = fields.getAll('text')
  const target = fields.get('target_lang')
  const translations = texts.map((text) => ({ detected_source_language: 'PT', text: `${target}:${text}`, billed_characters: text.length }))
  if (Buffer.byteLength(body) > 128 * 1024) send(413, { message: 'Request Entity Too Large' })
  else if (texts.length === 0 || texts.length > 50 || texts.some((text) => text.trim() === '')) send(400, { message: "Bad 'text'." })
  else if (!target || /^(en|pt)$/i.test(target)) send(400, { message: `Value for 'target_lang' not supported.` })
  else send(200, { translations: short ? translations.slice(1) : translations })
}

function describe(request: IncomingMessage, fields: URLSearchParams, body: string): Received {
  return {
    texts: fields.getAll('text'),
    source: fields.get('source_lang'),
    target: fields.get('target_lang'),
    formality: fields.get('formality'),
    authorization: request.headers.authorization,
    agent: request.headers['user-agent'],
    bytes: Buffer.byteLength(body),
  }
}

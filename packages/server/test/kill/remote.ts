import { setTimeout as wait } from 'node:timers/promises'
import type { KilledServer } from './killed-server.ts'

/** What the server said no with. */
export class Refusal extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

/** A caller over HTTP who asks again until she is answered, as a client does: whatever happens to the server meanwhile. */
export interface Remote {
  query<Output>(path: string, input: unknown): Promise<Output>
  /** To be repeated without harm: with an idempotency key, or because it is by its nature. */
  mutate<Output>(path: string, input: unknown): Promise<Output>
  /** Sends a file by tus, going on where it was cut; the upload's id. */
  upload(bytes: Uint8Array): Promise<string>
}

const AGAIN_MS = 50
const TUS = { 'Tus-Resumable': '1.0.0' }

export function createRemote(server: Pick<KilledServer, 'url'>, token: string): Remote {
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    for (;;) {
      const url = server.url()
      if (url !== undefined) {
        const headers = { Authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) }
        // The body is read within the attempt: it may break off as well.
        const answer = await fetch(`${url}${path}`, { ...init, headers })
          .then(
            async (response) =>
              new Response(init.method === 'HEAD' || response.status === 204 ? null : await response.arrayBuffer(), response),
          )
          .catch(() => undefined)
        if (answer && answer.status < 500 && answer.status !== 423) return answer
      }
      await wait(AGAIN_MS)
    }
  }
  const read = async <Output>(response: Response): Promise<Output> => {
    const body = (await response.json()) as { result?: { data: Output }; error?: { data?: { error: { code: string; message: string } } } }
    if (body.result) return body.result.data
    const { code = 'UNKNOWN', message = JSON.stringify(body) } = body.error?.data?.error ?? {}
    throw new Refusal(code, message)
  }
  const begin = async (size: number): Promise<string> => {
    const created = await ask('/uploads', { method: 'POST', headers: { ...TUS, 'Upload-Length': String(size) } })
    const path = created.headers.get('Location')
    if (path) return new URL(path, 'http://localhost').pathname
    throw new Refusal(String(created.status), await created.text())
  }
  return {
    query: async (path, input) => read(await ask(`/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`, {})),
    mutate: async (path, input) =>
      read(await ask(`/trpc/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(input) })),
    async upload(bytes) {
      let path = await begin(bytes.length)
      for (;;) {
        const head = await ask(path, { method: 'HEAD', headers: TUS })
        const offset = Number(head.headers.get('Upload-Offset') ?? -1)
        if (!head.ok || offset < 0) path = await begin(bytes.length)
        else if (offset === bytes.length) return path.split('/').at(-1) ?? ''
        else {
          const headers = { ...TUS, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' }
          await ask(path, { method: 'PATCH', headers, body: bytes.slice(offset) })
        }
      }
    },
  }
}

import { post, type RunningServer } from './server.ts'

/** Whoever calls. */
export interface Session {
  readonly url: RunningServer['url']
  readonly token: string
}

/** The data of a call's answer. @throws with the server's answer when it is an error */
export async function mutate<Data>(session: Session, path: string, body: unknown): Promise<Data> {
  return ((await post(session, path, { body, token: session.token })) as { data: Data }).data
}

export async function query<Data>({ url, token }: Session, path: string, input?: unknown): Promise<Data> {
  const search = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`
  const response = await fetch(`${url}/trpc/${path}${search}`, { headers: { Authorization: `Bearer ${token}` } })
  const answer = (await response.json()) as { result?: { data: Data } }
  if (!answer.result) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return answer.result.data
}

/** A document of these bytes, by tus in one piece. */
export async function uploadDocument(session: Session, collection_id: string, bytes: Uint8Array): Promise<string> {
  const headers = { Authorization: `Bearer ${session.token}`, 'Tus-Resumable': '1.0.0' }
  const created = await fetch(`${session.url}/uploads`, { method: 'POST', headers: { ...headers, 'Upload-Length': String(bytes.length) } })
  const location = created.headers.get('Location') ?? ''
  const sent = await fetch(new URL(location, session.url), {
    method: 'PATCH',
    headers: { ...headers, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0' },
    body: bytes as Uint8Array<ArrayBuffer>,
  })
  if (!sent.ok) throw new Error(`upload: ${sent.status} ${await sent.text()}`)
  const { id } = await mutate<{ id: string }>(session, 'documents.create', { collection_id, upload: location.split('/').at(-1) })
  return id
}

/** Starts a run over a document. */
export async function startRun(session: Session, document_id: string, definition: unknown): Promise<string> {
  const body = { target: { document_id }, pipeline: { definition } }
  return (await mutate<{ run: { id: string } }>(session, 'runs.start', body)).run.id
}

/** A run as it ended, with how long it took from its start. */
export interface EndedRun {
  readonly state: string
  readonly saved_ms: number
  readonly ms: number
  readonly error: { readonly message: string } | null
}

/** Asks until the run has ended. */
export async function runEnded(session: Session, id: string, everyMs = 100): Promise<EndedRun> {
  for (;;) {
    const run = await query<{ state: string; saved_ms: number; created_at: string; ended_at: string | null; error: EndedRun['error'] }>(
      session,
      'runs.get',
      { id },
    )
    if (run.ended_at !== null) return { ...run, ms: Date.parse(run.ended_at) - Date.parse(run.created_at) }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

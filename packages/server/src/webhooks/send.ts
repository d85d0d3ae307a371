import type { Run } from '../records/run.ts'
import { signatureOf } from './signature.ts'

export const SEND_MS = 10_000

export interface Sending {
  readonly secret: string
  readonly at: Date
  readonly signal: AbortSignal
}

/** Sends a run's webhook once. Gives null when it was taken, else why not: an HTTP status, or the name of what went wrong. */
export async function send(run: Run, url: string, { secret, at, signal }: Sending): Promise<string | null> {
  const body = JSON.stringify(messageOf(run, at))
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      // Somebody at an allowed host could else send us on to one that is not.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(SEND_MS)]),
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'ImageDoc',
        'ImageDoc-Delivery': run._id,
        'ImageDoc-Signature': signatureOf(secret, { body, at }),
      },
    })
    // What it answers beside the status is not read, however long it is.
    await response.body?.cancel().catch(() => undefined)
    return response.ok ? null : String(response.status)
  } catch (error) {
    return reasonOf(error)
  }
}

/** The result is not in it, and no text of a document: who gets this reads the run, with her own rights. */
function messageOf(run: Run, at: Date): object {
  const { _id: id, state, batch_id, document_id, collection_id, result_version, error, ended_at } = run
  return {
    type: 'run.ended',
    run: { id, state, batch_id, document_id, collection_id, result_version, error, ended_at },
    sent_at: at,
  }
}

/** `fetch failed` has the reason below it. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: unknown }; name?: unknown }
  return String(cause?.code ?? name)
}

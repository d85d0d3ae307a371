import type { Run } from '../records/run.ts'
import { signatureOf } from './signature.ts'

export const SEND_MS = 10_000

export interface Sending {
  readonly secret: string
  readonly at: Date
  readonly signal: AbortSignal
}

/** Why a webhook was not taken: an HTTP status, or the name of what went wrong where nobody answered. */
export interface Refusal {
  readonly reason: string
  readonly answered: boolean
}

/** Sends a run's webhook once; null when it was taken. */
export async function send(run: Run, url: string, { secret, at, signal }: Sending): Promise<Refusal | null> {
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
    return response.ok ? null : { reason: String(response.status), answered: true }
  } catch (error) {
    return { reason: reasonOf(error), answered: false }
  }
}

/**
 * The result is not in it, and no text of a document. An error's message may name the document by its title, so it is not in it either: who gets this
 * reads the run, with her own rights.
 */
function messageOf(run: Run, at: Date): object {
  const { _id: id, state, batch_id, document_id, collection_id, result_version, error, ended_at } = run
  return {
    type: 'run.ended',
    run: {
      id,
      state,
      batch_id,
      document_id,
      collection_id,
      result_version,
      error: error && { code: error.code, path: error.path },
      ended_at,
    },
    sent_at: at,
  }
}

/** `fetch failed` has the reason below it. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: unknown }; name?: unknown }
  return String(cause?.code ?? name)
}

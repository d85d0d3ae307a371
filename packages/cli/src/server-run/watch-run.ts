import type { RunHandle, RunMessage, ServerRun } from '@imagedoc/client'
import { isImageDocError } from '@imagedoc/core'
import type { Client } from '../server/connect.ts'
import type { OpenRuns } from './open-runs.ts'

export interface Watch {
  readonly client: Client
  readonly open: OpenRuns
  readonly signal: AbortSignal
  onMessage(message: RunMessage): void
}

/**
 * Follows a run until it has ended, however it does. When the signal aborts, the server is asked to cancel it, and then its end is waited for.
 * @throws what starting it throws; SERVER_UNREACHABLE
 */
export async function watchRun(handle: RunHandle, { client, open, signal, onMessage }: Watch): Promise<ServerRun> {
  const id = await handle.id
  const cancel = () => void open.cancel(id, handle.cancel)
  open.add(id)
  signal.addEventListener('abort', cancel)
  if (signal.aborted) cancel()
  try {
    for await (const message of handle.events()) onMessage(message)
  } catch (error) {
    if (!(isImageDocError(error) && error.retryable)) throw error
    // Its events do not come through; it is asked for until it has ended. How it ended it says itself.
    await handle.result().catch(() => undefined)
  } finally {
    signal.removeEventListener('abort', cancel)
  }
  const run = await client.runs.get({ id })
  open.ended(id)
  return run
}

import { type EventBus, ImageDocError } from '@imagedoc/core'
import type { Id } from '../records/id.ts'

/** `{ id }`: whoever does this run stops. */
export const CANCEL_TOPIC = 'runs:cancel'

/** Cancels of runs, heard by whichever process does them. */
export interface RunCancels extends AsyncDisposable {
  /** Aborts when somebody cancels this run; to be asked before its row is read. */
  signalOf(id: Id): { readonly signal: AbortSignal } & Disposable
  tell(id: Id): Promise<void>
  /** As if it had been told. */
  hear(id: Id): void
}

export async function createRunCancels(events: EventBus): Promise<RunCancels> {
  const waiting = new Map<Id, AbortController>()
  const hear = (id: Id): void => waiting.get(id)?.abort(new ImageDocError('CANCELLED', 'The run was cancelled.'))
  const subscription = await events.subscribe(CANCEL_TOPIC, (message) => {
    const { id } = message as { id?: string }
    if (id !== undefined) hear(id)
  })
  return {
    signalOf(id) {
      const controller = new AbortController()
      waiting.set(id, controller)
      return { signal: controller.signal, [Symbol.dispose]: () => waiting.delete(id) }
    },
    tell: (id) => events.publish(CANCEL_TOPIC, { id }),
    hear,
    [Symbol.asyncDispose]: () => subscription[Symbol.asyncDispose](),
  }
}

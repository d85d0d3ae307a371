import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { PageId } from '../artifact/page-id.ts'
import type { SerialisedError } from '../errors/error.ts'

/** How a run ended: `partial` when a page or step was skipped, never silently shorter. */
export type RunStatus = 'done' | 'partial' | 'failed' | 'cancelled'

/** What happens in a run, without the fields that every event has. */
export type RunEventBody =
  | { type: 'run-started'; pipeline: string | null; steps: readonly { id: string; use: string }[] }
  /** How many pages a step will work on, as soon as that is known. */
  | { type: 'pages-known'; step: string; pages: number }
  | { type: 'step-started'; step: string; page: PageId }
  /** How much of one page a step has done, 0 to 1. */
  | { type: 'step-progress'; step: string; page: PageId; done: number }
  /** Computed. */
  | { type: 'page-done'; step: string; page: PageId; ms: number }
  /** Taken from the result cache; `savedMs` is what it took when it was made. */
  | { type: 'cache-hit'; step: string; page: PageId; savedMs?: number }
  /** The step skips this page by its `perPage`, and hands on what it was given. */
  | { type: 'page-passed'; step: string; page: PageId }
  | { type: 'page-skipped'; step: string; page: PageId; error: SerialisedError }
  | { type: 'page-failed'; step: string; page: PageId; error: SerialisedError }
  | { type: 'diagnostic'; diagnostic: Diagnostic; step?: string; page?: PageId }
  | { type: 'run-ended'; status: RunStatus; ms: number; error?: SerialisedError }

/** A typed, versioned event: what the progress bar, the receipt and (on a server) the event stream read. */
export type RunEvent = RunEventBody & {
  /** 1 named pages by their place in the inputs. */
  schemaVersion: 2
  /** From 1 on, without gaps. */
  seq: number
  /** ISO 8601. */
  at: string
}

/** Numbers events and hands them on. A listener that throws or rejects does not disturb the run. */
export function createEventStream(listeners: readonly ((event: RunEvent) => void)[]): { emit(body: RunEventBody): void } {
  let seq = 0
  return {
    emit(body) {
      const event = { schemaVersion: 2, seq: ++seq, at: new Date().toISOString(), ...body } as RunEvent
      for (const listener of listeners) {
        try {
          // An async function may be given too; its rejection would end the process.
          const answer: unknown = listener(event)
          if (answer instanceof Promise) answer.catch(() => undefined)
        } catch {
          // A listener only watches.
        }
      }
    },
  }
}

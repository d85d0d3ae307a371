import { type TrackedEnvelope, tracked } from '@trpc/server'
import { z } from 'zod'
import { EVENT_ID } from '../run-events/event-id.ts'
import type { Followed, RunMessage } from '../run-events/follow.ts'
import { visibleRun } from '../run-events/visible-run.ts'
import type { Services } from '../services.ts'
import { toRpcError } from './errors.ts'
import { id } from './schema.ts'
import type { Procedures } from './trpc.ts'

/** `runs.events`: what happens in a run, by server-sent events; goes on after `lastEventId`, which a header may say too. */
export function createRunEventsProcedure({ signedIn }: Procedures, services: Services) {
  return signedIn
    .input(z.strictObject({ id, lastEventId: z.string().regex(EVENT_ID, 'of an event: <attempt>-<number>').optional() }))
    .subscription(async ({ ctx: { caller }, input, signal }) => {
      const check = async (): Promise<void> => void (await visibleRun(services, caller, input.id))
      // Before the stream begins; then every 10 s.
      await check()
      const options = { lastEventId: input.lastEventId, caller, check, signal: signal ?? caller.signal }
      return messages(services.runEvents.follow(input.id, options), signal)
    })
}

async function* messages(
  followed: AsyncIterable<Followed>,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<RunMessage>, void> {
  try {
    for await (const { id: at, message } of followed) yield tracked(at, message)
  } catch (error) {
    // Her connection is gone, for whatever reason: nobody is to be told, and nothing is wrong here.
    if (signal?.aborted) return
    // What happens after a stream has begun no base of procedures sees any more.
    throw isAbort(error) ? error : toRpcError(error)
  }
}

/** The server stops. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

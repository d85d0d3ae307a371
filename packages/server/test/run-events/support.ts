import { type EventBus, initialRunState, type RunEvent, type RunState, reduceRun } from '@imagedoc/core'
import { createLocalEventBus } from '../../src/drivers/local-event-bus.ts'
import { createQueues } from '../../src/queues/queues.ts'
import type { Followed } from '../../src/run-events/follow.ts'
import { createMemoryRunEventLog, type MemoryRunEventLogOptions } from '../../src/run-events/memory-run-event-log.ts'
import type { RunEventLog } from '../../src/run-events/run-event-log.ts'
import { createRunEvents, type RunEvents } from '../../src/run-events/run-events.ts'
import type { Services } from '../../src/services.ts'

type Body<Event = RunEvent> = Event extends RunEvent ? Omit<Event, 'schemaVersion' | 'seq' | 'at'> : never

const at = new Date(0).toISOString()
export const page = (index: number) => ({ source: null, page: index, part: [], copy: 0 })

/** As the engine gives it, with a number that is not the one it will have. */
export function event(body: Body): RunEvent {
  return { schemaVersion: 2, seq: 7, at, ...body } as RunEvent
}

export const started = event({ type: 'run-started', pipeline: null, steps: [{ id: 'read', use: 'ocr.recognize' }] })
export const pageDone = (index: number) => event({ type: 'page-done', step: 'read', page: page(index), ms: index })
export const ended = event({ type: 'run-ended', status: 'done', ms: 12 })
export const progress = (index: number, done: number) => event({ type: 'step-progress', step: 'read', page: page(index), done })

/** A whole run of so many pages, of which some are told to be in work: `count + 2` events. */
export async function publishRun(runEvents: RunEvents, runId: string, { count = 3, attempt = 1, end = true } = {}): Promise<void> {
  await runEvents.publish(runId, { attempt, event: started })
  for (let index = 0; index < count; index++) void runEvents.publish(runId, { attempt, event: pageDone(index) })
  if (end) await runEvents.publish(runId, { attempt, event: ended })
  else await runEvents.publish(runId, { attempt, event: event({ type: 'pages-known', step: 'read', pages: count }) })
}

/** The messages of a stream until it ends, or until there are so many. */
export async function collect(stream: AsyncIterable<Followed>, count = Number.POSITIVE_INFINITY): Promise<Followed[]> {
  const all: Followed[] = []
  for await (const followed of stream) {
    all.push(followed)
    if (all.length >= count) break
  }
  return all
}

export const idsOf = (all: readonly Followed[]): string[] => all.map(({ id }) => id)

/** Never aborts. */
export const forever: AbortSignal = new AbortController().signal

export const stateAfter = (all: readonly Followed[]): RunState =>
  all.reduce((state, { message }) => (message.type === 'snapshot' ? message.state : reduceRun(state, message)), initialRunState)

export interface Opened {
  readonly log: RunEventLog
  readonly runEvents: RunEvents
  readonly warnings: unknown[]
  readonly clock: { ms: number }
}

/** On the real bus and the embedded log, with a clock that can be moved. */
export function openRunEvents(
  { tables }: Pick<Services, 'tables'>,
  options: Partial<MemoryRunEventLogOptions> & { log?: RunEventLog; events?: EventBus } = {},
): Opened {
  const clock = { ms: Date.now() }
  const now = (): Date => new Date(clock.ms)
  const log = options.log ?? createMemoryRunEventLog({ now, ...options })
  const warnings: unknown[] = []
  const { events = createLocalEventBus() } = options
  const { streams } = createQueues({ interactiveSeconds: 15 })
  const runEvents = createRunEvents({ log, events, tables, now, warn: (error) => warnings.push(error), streams })
  return { log, runEvents, warnings, clock }
}

/** Where an event stands among those of its run: written `<attempt>-<seq>`, as the ids of a Redis stream are. */
export interface EventId {
  readonly attempt: number
  /** From 1 on in each attempt, without gaps. */
  readonly seq: number
}

/** What {@link formatEventId} writes. */
export const EVENT_ID = /^(\d{1,9})-(\d{1,15})$/

export function formatEventId({ attempt, seq }: EventId): string {
  return `${attempt}-${seq}`
}

/** Undefined for what is no id. */
export function parseEventId(text: string): EventId | undefined {
  const [, attempt, seq] = EVENT_ID.exec(text) ?? []
  return attempt === undefined ? undefined : { attempt: Number(attempt), seq: Number(seq) }
}

/** Negative, 0 or positive as `a` is before, at or after `b`; nothing yet is before everything. */
export function compareEventIds(a: EventId | undefined, b: EventId | undefined): number {
  if (!a || !b) return Number(Boolean(a)) - Number(Boolean(b))
  return a.attempt - b.attempt || a.seq - b.seq
}

/** Whether no event can be missing between the two: the next of the same attempt, or the first of a later one, which starts the run anew. */
export function isNext(id: EventId, previous: EventId | undefined): boolean {
  if (previous?.attempt === id.attempt) return id.seq === previous.seq + 1
  return id.seq === 1 && id.attempt >= (previous?.attempt ?? 0)
}

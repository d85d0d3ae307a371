import type { Json } from '../errors/error.ts'

/** A unit of work that waits for whoever takes it. */
export interface Job {
  /** No two at a time have the same; at most 128 letters, digits and `. _ -`. */
  readonly id: string
  /** Whose it is: users take turns. */
  readonly user: string
  /** 0 goes before 1: somebody waits for it. */
  readonly priority: 0 | 1
  /** What a taker must have to do it, for example an operation's plugin; empty: anybody does it. */
  readonly needs: string
  /** At most 64 KiB. */
  readonly data: Json
}

/** What takes a job; the signal aborts when the job was given up, or may be another's by now. A rejection is the job's. */
export type JobHandler = (job: Job, signal: AbortSignal) => Promise<void>

/**
 * Jobs on their way to whoever has room for them: those of the lower priority number first, among these one of each user in turn, and a user's own in
 * the order they came. A job may be done twice, when who took it was lost; what it does must bear that. Losing the queue loses no work: who called `run`
 * hears of it, or asks again.
 */
export interface JobQueue extends AsyncDisposable {
  /**
   * Puts a job in and resolves when it was done.
   * @throws the handler's error; CANCELLED when aborted: who works on it is told within a second; RATE_LIMITED when too many wait; STORE_UNAVAILABLE
   */
  run(job: Job, options: { signal: AbortSignal }): Promise<void>
  /** Takes jobs until it is disposed; then those in work are waited for. `has`: see `needs`. @default every job */
  work(handler: JobHandler, options: { concurrency: number; has?: readonly string[] }): AsyncDisposable
  /** Jobs that wait, and that are in work. @throws STORE_UNAVAILABLE */
  stats(): Promise<{ waiting: number; active: number }>
}

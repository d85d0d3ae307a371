/** What a worker says of itself. */
export interface WorkerNotice {
  readonly id: string
  /** Namespaces of the operations whose pages it takes. */
  readonly takes: readonly string[]
  /** Pages at a time. */
  readonly concurrency: number
}

/** The workers that are there now, as they say themselves; one that is lost is on it for 30 s more. */
export interface Roster extends AsyncDisposable {
  /** Stands on it until it is disposed. */
  join(notice: WorkerNotice): AsyncDisposable
  /** @throws STORE_UNAVAILABLE */
  present(): Promise<readonly WorkerNotice[]>
}

import type { Lease } from './result-cache.ts'

/** Mutual exclusion among all processes that share it. */
export interface Lock extends AsyncDisposable {
  /**
   * The lease when nobody else holds one of this name, otherwise undefined at once. It is renewed until it is disposed; when that fails its
   * signal aborts, and others may take it `ttlMs` after the last renewal.
   */
  acquire(name: string, options: { ttlMs: number }): Promise<Lease | undefined>
}

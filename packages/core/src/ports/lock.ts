import type { Lease } from './result-cache.ts'

/** Mutual exclusion among all processes that share it. Disposing of it ends its leases; afterwards `acquire` throws STORE_UNAVAILABLE. */
export interface Lock extends AsyncDisposable {
  /**
   * The lease when nobody else holds one of this name, otherwise undefined at once. It is renewed until it is disposed; when that fails its
   * signal aborts, and others may take it `ttlMs` after the last renewal. Disposing of a lease that was lost harms nobody.
   * @throws USAGE for an empty name, one of more than 512 characters, or a time that is no positive number; STORE_UNAVAILABLE
   */
  acquire(name: string, options: { ttlMs: number }): Promise<Lease | undefined>
}

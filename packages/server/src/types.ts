// Types only: what the typed client is made of. Importing it loads nothing.

import type { Config } from '@imagedoc/core'
import type { Router } from './rpc/router.ts'

export type { Router } from './rpc/router.ts'

/**
 * What a client of a server with this configuration knows: its procedures, and its plugins' operations.
 * @example
 * const client = createClient<AppOf<typeof config>>({ url, token })
 */
export interface AppOf<Configuration extends Config> {
  readonly router: Router
  readonly operations: Configuration['plugins'][number]['operations'][number]
}

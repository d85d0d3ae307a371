// Types only: what the typed client is made of. Importing it loads nothing.

export type { Router } from './rpc/router.ts'

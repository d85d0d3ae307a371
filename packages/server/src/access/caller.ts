import type { UserRole } from '../records/user.ts'

/** Who calls, as her token says. */
export interface Caller {
  readonly userId: string
  readonly username: string
  readonly role: UserRole
  /** Of what she may see; see `User`. */
  readonly accessEpoch: number
  readonly tokenId: string
  /** How she logged in. A `key` may not change passwords, sessions or keys. */
  readonly tokenKind: 'session' | 'key'
  /** Aborts when her token ends: at logout, a changed password, a deactivation. */
  readonly signal: AbortSignal
}

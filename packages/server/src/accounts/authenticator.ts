import { type EventBus, ImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import type { Log } from '../logging/log.ts'
import { changeRow } from '../records/change-row.ts'
import type { Tables } from '../records/tables.ts'
import type { Token } from '../records/token.ts'
import { findToken, hashOf } from './token.ts'
import { createTokenSignals } from './token-signals.ts'

const TOUCH_MS = 60_000

/** Says who a token belongs to. */
export interface Authenticator extends AsyncDisposable {
  /** To be awaited before the first request: hears of tokens that end in other processes. @throws STORE_UNAVAILABLE */
  listen(): Promise<void>
  /**
   * The session's or key's user as the tables say now: of a token only what never changes is remembered between two requests.
   * @throws UNAUTHENTICATED for a token that is unknown, expired, of another kind, or of a deactivated user; STORE_UNAVAILABLE
   */
  authenticate(token: string): Promise<Caller>
  /** To be called when tokens were deleted: aborts the signals of their callers, here at once and in every other process. Never throws. */
  ended(tokenIds: readonly string[]): Promise<void>
}

interface Needs {
  readonly tables: Pick<Tables, 'tokens' | 'users'>
  readonly events: EventBus
  readonly log: Log
  readonly now: () => Date
}

export function createAuthenticator({ tables, events, log, now }: Needs): Authenticator {
  const signals = createTokenSignals({ events, log, now })
  const logins = createLogins(tables, now)
  return {
    listen: signals.listen,
    async authenticate(token) {
      await signals.listen()
      const found = await logins.find(token)
      const signal = signals.of(found)
      // Read again: it may have ended before its signal could hear of it.
      const [row, user] = await Promise.all([tables.tokens.get(found._id), tables.users.get(found.user_id)])
      if (!row || row.expires_at <= now() || performance.now() >= found.until || !user?.active) throw refused()
      await touch({ tables, log }, row, now())
      const { _id: userId, username, role, access_epoch: accessEpoch } = user
      return { userId, username, role, accessEpoch, tokenId: found._id, tokenKind: found.kind, signal }
    },
    ended: signals.ended,
    [Symbol.asyncDispose]: () => signals[Symbol.asyncDispose](),
  }
}

/** Tokens whose rows are found without a search; 100 bytes each. */
const REMEMBERED = 10_000

/** What never changes of a session or a key. Whether it still holds is asked anew each time. */
function createLogins(tables: Needs['tables'], now: () => Date) {
  const known = new Map<string, Login>()
  return {
    /** @throws UNAUTHENTICATED for what is no session and no key */
    async find(token: string): Promise<Login> {
      const hash = hashOf(token)
      const remembered = known.get(hash)
      if (remembered) return remembered
      const found = await findToken(tables, token)
      if (!isLogin(found)) throw refused()
      if (known.size >= REMEMBERED) known.delete(known.keys().next().value as string)
      const login = { ...found, until: performance.now() + found.expires_at.getTime() - now().getTime() }
      known.set(hash, login)
      return login
    },
  }
}

/** `until`: when it expires by the clock that is never set, as it was when it was first seen. */
type Login = LoginToken & { readonly until: number }
type LoginToken = Token & { kind: Caller['tokenKind']; user_id: string }

function isLogin(row: Token | undefined): row is LoginToken {
  return row !== undefined && (row.kind === 'session' || row.kind === 'key') && row.user_id !== null
}

/** Notes the use, at most once a minute; a request does not fail because of it. */
async function touch({ tables, log }: Pick<Needs, 'tables' | 'log'>, { _id, last_used_at }: Token, now: Date): Promise<void> {
  const isFresh = (usedAt: Date | null): boolean => usedAt !== null && now.getTime() - usedAt.getTime() < TOUCH_MS
  if (isFresh(last_used_at)) return
  try {
    await changeRow(tables.tokens, _id, (row) => (isFresh(row.last_used_at) ? undefined : { last_used_at: now }))
  } catch (error) {
    log.warn({ error: String(error) }, 'When a token was last used could not be noted.')
  }
}

function refused(): ImageDocError {
  return new ImageDocError('UNAUTHENTICATED', 'The token is not valid, or no longer. Log in again.')
}

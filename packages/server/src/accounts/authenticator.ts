import { type EventBus, ImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import type { Log } from '../logging/log.ts'
import { changeRow } from '../records/change-row.ts'
import type { Tables } from '../records/tables.ts'
import type { Token } from '../records/token.ts'
import { findToken } from './token.ts'
import { createTokenSignals } from './token-signals.ts'

const TOUCH_MS = 60_000

/** Says who a token belongs to. */
export interface Authenticator extends AsyncDisposable {
  /**
   * The session's or key's user as the tables say now: nothing is remembered between two requests.
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
  return {
    async authenticate(token) {
      await signals.listen()
      const found = await findToken(tables, token)
      if (!isLogin(found)) throw refused()
      const signal = signals.of(found)
      // Read again: it may have ended before its signal could hear of it.
      const [row, user] = await Promise.all([tables.tokens.get(found._id), tables.users.get(found.user_id)])
      if (!row || row.expires_at <= now() || !user?.active) throw refused()
      await touch({ tables, log }, row, now())
      const { _id: userId, username, role, access_epoch: accessEpoch } = user
      return { userId, username, role, accessEpoch, tokenId: found._id, tokenKind: found.kind, signal }
    },
    ended: signals.ended,
    [Symbol.asyncDispose]: () => signals[Symbol.asyncDispose](),
  }
}

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

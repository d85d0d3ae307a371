import type { RowPage } from '@imagedoc/core'
import { type Id, newId } from '../records/id.ts'
import { insertOnce } from '../records/insert-once.ts'
import type { Tables } from '../records/tables.ts'
import type { Token, TokenKind } from '../records/token.ts'
import type { Authenticator } from './authenticator.ts'
import { findToken, hashOf, newToken } from './token.ts'

const PAGE = 1000
const DAY_MS = 24 * 60 * 60 * 1000

export interface TokenRequest {
  readonly kind: TokenKind
  readonly userId: Id | null
  readonly name: string
  readonly days: number
}

/** Where a page begins and how long it is. */
export interface PageRequest {
  readonly after?: string | undefined
  readonly limit: number
}

/** The tokens of users. A token itself is given once, by what makes it; only its hash is stored. */
export interface TokenLedger {
  issue(request: TokenRequest): Promise<{ readonly token: string; readonly row: Token }>
  /** With the id of an idempotent request: `token` is null when an earlier request made it. @throws IDEMPOTENCY_CONFLICT */
  issueOnce(id: Id, request: TokenRequest): Promise<{ readonly token: string | null; readonly row: Token }>
  /** Undefined for one that is unknown, expired or of another kind. */
  find(token: string, kind: TokenKind): Promise<Token | undefined>
  /** A user's, the newest first, without those that have expired: a page may hold fewer than its limit. */
  list(userId: Id, kind: TokenKind, page: PageRequest): Promise<RowPage<Token>>
  /** True for exactly one of those who end a token at the same time. */
  end(id: Id): Promise<boolean>
  /** Ends what somebody has of these kinds; gives how many. */
  endAll(userId: Id | null, which: { readonly kinds: readonly TokenKind[]; readonly except?: Id }): Promise<number>
}

interface Needs {
  readonly tables: Pick<Tables, 'tokens'>
  readonly authenticator: Pick<Authenticator, 'ended'>
  readonly now: () => Date
}

export function createTokenLedger({ tables, authenticator, now }: Needs): TokenLedger {
  const { tokens } = tables
  const made = (_id: Id, { kind, userId, name, days }: TokenRequest): { token: string; row: Token } => {
    const token = newToken(kind)
    const created_at = now()
    const expires_at = new Date(created_at.getTime() + days * DAY_MS)
    return {
      token,
      row: { _id, revision: 0, created_at, hash: hashOf(token), kind, user_id: userId, name, expires_at, last_used_at: null },
    }
  }
  const end: TokenLedger['end'] = async (id) => {
    const ended = await tokens.delete(id)
    if (ended) await authenticator.ended([id])
    return ended
  }
  return {
    async issue(request) {
      const { token, row } = made(newId(), request)
      await tokens.insert(row)
      return { token, row }
    },
    async issueOnce(id, request) {
      const { token, row } = made(id, request)
      const inserted = await insertOnce(tokens, row, (there) => there.kind === row.kind && there.name === row.name)
      return { token: inserted.isNew ? token : null, row: inserted.row }
    },
    async find(token, kind) {
      const row = await findToken(tables, token)
      return row?.kind === kind && row.expires_at > now() ? row : undefined
    },
    async list(userId, kind, { after, limit }) {
      const query = { index: 'by_user', equals: [userId, kind], order: 'descending', limit } as const
      const { rows, next } = await tokens.list({ ...query, after })
      return { rows: rows.filter(({ expires_at }) => expires_at > now()), next }
    },
    end,
    async endAll(userId, { kinds, except }) {
      let ended = 0
      for (const kind of kinds) ended += await endKind({ tables, authenticator }, [userId, kind], except)
      return ended
    },
  }
}

async function endKind(
  { tables, authenticator }: Omit<Needs, 'now'>,
  equals: [Id | null, TokenKind],
  except: Id | undefined,
): Promise<number> {
  let ended = 0
  let after: string | null = null
  do {
    const page: RowPage<Token> = await tables.tokens.list({ index: 'by_user', equals, limit: PAGE, ...(after === null ? {} : { after }) })
    const ids = page.rows.map(({ _id }) => _id).filter((id) => id !== except)
    for (const id of ids) await tables.tokens.delete(id)
    await authenticator.ended(ids)
    ended += ids.length
    after = page.next
  } while (after !== null)
  return ended
}

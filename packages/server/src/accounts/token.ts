import { createHash, randomBytes } from 'node:crypto'
import type { Tables } from '../records/tables.ts'
import type { Token, TokenKind } from '../records/token.ts'

const BYTES = 32

/** So that a token that leaked into a log or a repository is recognised for what it is. */
const prefixes: Record<TokenKind, string> = { session: 'ids_', key: 'idk_', setup: 'idt_', password: 'idt_' }

/** 256 random bits behind a prefix that says what it is for. */
export function newToken(kind: TokenKind): string {
  return prefixes[kind] + randomBytes(BYTES).toString('base64url')
}

/** What is stored of a token: with so many random bits it needs neither salt nor a slow hash. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Its row, whatever its kind and also when it has expired. */
export async function findToken({ tokens }: Pick<Tables, 'tokens'>, token: string): Promise<Token | undefined> {
  if (!/^id[skt]_[\w-]{43}$/.test(token)) return undefined
  const { rows } = await tokens.list({ index: 'by_hash', equals: [hashOf(token)], limit: 1 })
  return rows[0]
}

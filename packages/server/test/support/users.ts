import { createHash, randomBytes } from 'node:crypto'
import { newId } from '../../src/records/id.ts'
import type { User } from '../../src/records/user.ts'
import type { Services } from '../../src/services.ts'

export interface TestUser {
  readonly id: string
  readonly username: string
  readonly token: string
}

/** A user with a token, put straight into the tables. */
export async function addUser(
  { tables }: Pick<Services, 'tables'>,
  change: Partial<User> & { tokenEndsAt?: Date } = {},
): Promise<TestUser> {
  const { tokenEndsAt = new Date(Date.now() + 3_600_000), ...rest } = change
  const id = newId()
  const username = `user-${id}`
  const token = `ids_${randomBytes(32).toString('base64url')}`
  const common = { revision: 0, created_at: new Date() }
  await tables.users.insert({
    _id: id,
    ...common,
    username,
    email: `${username}@example.org`,
    password_hash: '',
    role: 'user',
    active: true,
    access_epoch: 0,
    quota: { bytes: 1e9, documents: 1000 },
    ...rest,
  })
  const hash = createHash('sha256').update(token).digest('hex')
  const row = {
    _id: newId(),
    ...common,
    hash,
    kind: 'session' as const,
    user_id: id,
    name: 'test',
    expires_at: tokenEndsAt,
    last_used_at: null,
  }
  await tables.tokens.insert(row)
  return { id, username, token }
}

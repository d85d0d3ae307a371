import { ImageDocError } from '@imagedoc/core'
import { isId, newId } from '../records/id.ts'
import { isTaken } from '../records/insert-once.ts'
import type { Tables } from '../records/tables.ts'
import type { Quota, User, UserRole } from '../records/user.ts'
import type { AccountParts } from './account-parts.ts'

export interface NewUser {
  readonly _id?: string
  readonly username: string
  readonly email: string
  readonly passwordHash: string
  readonly role: UserRole
  readonly quota?: Quota | undefined
}

export function userRow({ settings, now }: Pick<AccountParts, 'settings' | 'now'>, { _id, passwordHash, quota, ...user }: NewUser): User {
  return {
    _id: _id ?? newId(),
    revision: 0,
    created_at: now(),
    ...user,
    password_hash: passwordHash,
    active: true,
    access_epoch: 0,
    quota: quota ?? { bytes: settings.quotaBytes, documents: settings.quotaDocuments },
  }
}

/** By user name or e-mail address; no user name has an @. */
export async function findUser({ users }: Pick<Tables, 'users'>, name: string): Promise<User | undefined> {
  const index = name.includes('@') ? 'by_email' : 'by_username'
  const { rows } = await users.list({ index, equals: [name], limit: 1 })
  return rows[0]
}

/** @throws NOT_FOUND */
export async function requireUser({ users }: Pick<Tables, 'users'>, id: string): Promise<User> {
  const user = isId(id) ? await users.get(id) : undefined
  if (user) return user
  throw new ImageDocError('NOT_FOUND', 'There is no such user.', { path: 'id' })
}

/** True before the first account. */
export async function hasNoUsers({ users }: Pick<Tables, 'users'>): Promise<boolean> {
  const { rows } = await users.list({ index: 'by_age', limit: 1 })
  return rows.length === 0
}

/** Names the field that is taken when `insert` throws because of it. @throws ALREADY_EXISTS */
export async function namingTheTaken<T>(insert: () => Promise<T>): Promise<T> {
  try {
    return await insert()
  } catch (error) {
    if (isTaken(error, 'by_username')) throw taken('username', 'user name', error)
    if (isTaken(error, 'by_email')) throw taken('email', 'e-mail address', error)
    throw error
  }
}

function taken(path: string, what: string, cause: unknown): ImageDocError {
  return new ImageDocError('ALREADY_EXISTS', `This ${what} is taken. Choose another one.`, { path, cause })
}

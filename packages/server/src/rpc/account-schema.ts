import { z } from 'zod'
import { passwordLength } from '../accounts/password.ts'
import type { User } from '../records/user.ts'
import { id, isoDate } from './schema.ts'

const LOGIN_NAME = 254
const MOST_BYTES = 2 ** 50
const MOST_DOCUMENTS = 1e9

/** Kept in lower case, so that two names never differ in case alone. */
export const username = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9._-]{1,38}[a-z0-9]$/, '3 to 40 letters a to z, digits and . _ -, with a letter or digit at both ends')
export const email = z.string().trim().max(LOGIN_NAME).toLowerCase().pipe(z.email())
/** A user name or an e-mail address. */
export const loginName = z.string().trim().toLowerCase().min(1).max(LOGIN_NAME)
export const password = z.string().min(1).max(passwordLength.most)
export const newPassword = z.string().min(passwordLength.least).max(passwordLength.most)
export const oneTimeToken = z.string().min(1).max(100)
export const userRole = z.enum(['user', 'manager'])
export const quota = z.strictObject({ bytes: z.int().min(0).max(MOST_BYTES), documents: z.int().min(0).max(MOST_DOCUMENTS) })
const amount = z.object({ bytes: z.number(), documents: z.number() })

export const userDto = z.object({
  id,
  username: z.string(),
  email: z.string(),
  role: userRole,
  active: z.boolean(),
  quota: amount,
  created_at: isoDate,
})
export const meDto = userDto.extend({ usage: amount })

/** What may be seen of a user: by herself and by managers. */
export function userOf({ _id, username, email, role, active, quota, created_at }: User): z.infer<typeof userDto> {
  return { id: _id, username, email, role, active, quota, created_at: created_at.toISOString() }
}

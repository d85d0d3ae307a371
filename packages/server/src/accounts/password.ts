import { randomBytes } from 'node:crypto'
import { ImageDocError } from '@imagedoc/core'
import { hash, verify } from '@node-rs/argon2'
import type { FairQueue } from '../queues/fair-queue.ts'
import type { User } from '../records/user.ts'

/** OWASP's password storage cheat sheet: argon2id (the engine's default) with 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32

/** Characters of a password. */
export const passwordLength = { least: 10, most: 200 } as const

/** Hashes passwords and checks them, a few at a time. `who` it is for, whose turn it takes: the network of an address. */
export interface Passwords {
  /** In PHC format. @throws RATE_LIMITED when too many wait */
  hash(password: string, who: string): Promise<string>
  /** Takes the same work for an empty hash, which no password fits: so the time tells nobody which users there are. @throws RATE_LIMITED */
  verify(stored: string, password: string, who: string): Promise<boolean>
}

export function createPasswords(queue: Pick<FairQueue, 'run'>): Passwords {
  const decoy = decoyHash()
  return {
    hash: (password, who) => queue.run(who, () => hash(folded(password), cost)),
    async verify(stored, password, who) {
      const fits = await queue.run(who, () => verify(stored || decoy, folded(password)))
      return fits && stored !== ''
    },
  }
}

/** @throws INVALID_REQUEST for one that is too short, too long, or the user's own name or address */
export function assertPassword(password: string, { username, email }: Pick<User, 'username' | 'email'>): void {
  const { least, most } = passwordLength
  if (password.length < least || password.length > most) throw refused(`A password has ${least} to ${most} characters.`)
  const lower = folded(password).toLowerCase().trim()
  const isName = [username, email, email.split('@')[0]].includes(lower)
  if (isName) throw refused('The password is the user name or the e-mail address: choose another one.')
}

/** Two keyboards may send one letter in two ways (NIST SP 800-63B 5.1.1.2). */
function folded(password: string): string {
  return password.normalize('NFKC')
}

/** A hash of the same cost as all others, that nobody knows a password for. */
function decoyHash(): string {
  const { memoryCost, timeCost, parallelism } = cost
  const random = (bytes: number): string => randomBytes(bytes).toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${random(SALT_BYTES)}$${random(HASH_BYTES)}`
}

function refused(message: string): ImageDocError {
  return new ImageDocError('INVALID_REQUEST', message, { path: 'password' })
}

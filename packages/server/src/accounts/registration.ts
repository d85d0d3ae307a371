import { ImageDocError } from '@imagedoc/core'
import { idFor, newId } from '../records/id.ts'
import { isTaken } from '../records/insert-once.ts'
import type { Token } from '../records/token.ts'
import type { AccountParts, Visitor } from './account-parts.ts'
import { type LoggedIn, openSession } from './logins.ts'
import { networkOf } from './network.ts'
import { assertPassword } from './password.ts'
import { hasNoUsers, namingTheTaken, userRow } from './user-rows.ts'

const SETUP_DAYS = 1
/** Whose turn the hash of the first manager's password is: no address reads so. */
const SETUP = 'setup token'

export interface RegistrationRequest {
  readonly username: string
  readonly email: string
  readonly password: string
  /** Makes the first manager. */
  readonly setupToken?: string | undefined
}

export interface Registration {
  /**
   * To be called at every start, and shown to whoever started the server: registers the first manager, within a day. Null once there is a user.
   * An earlier one that was not used ends.
   */
  setupToken(): Promise<string | null>
  /** Whether this is a token that lets its bearer in once: the setup token, or one for a new password. No limit keeps such a bearer out. */
  isEntryToken(token: string): Promise<boolean>
  /** @throws FORBIDDEN where registration is closed, or the first manager is missing; UNAUTHENTICATED for a wrong setup token; ALREADY_EXISTS; INVALID_REQUEST; RATE_LIMITED */
  register(request: RegistrationRequest, visitor: Visitor): Promise<LoggedIn>
}

export function createRegistration(parts: AccountParts): Registration {
  const { tables, tokens, passwords, rateLimits, audit } = parts
  return {
    async setupToken() {
      await tokens.endAll(null, { kinds: ['setup'] })
      if (!(await hasNoUsers(tables))) return null
      const { token } = await tokens.issue({ kind: 'setup', userId: null, name: '', days: SETUP_DAYS })
      return token
    },
    isEntryToken: async (token) =>
      (await tokens.find(token, 'setup')) !== undefined || (await tokens.find(token, 'password')) !== undefined,
    async register({ username, email, password, setupToken }, visitor) {
      const setup = await setupTokenRow(parts, setupToken)
      // Whoever has the token guesses nothing, and others at the same address must not keep the first manager out.
      if (!setup) await rateLimits.entry(visitor.address)
      await assertAdmitted(parts, { setup, setupToken })
      assertPassword(password, { username, email })
      // In a turn of its own: strangers, whatever their addresses, are others.
      const passwordHash = await passwords.hash(password, setup ? SETUP : networkOf(visitor.address))
      const user = userRow(parts, { _id: idOf(parts, setup), username, email, passwordHash, role: setup ? 'manager' : 'user' })
      await namingTheTaken(() => tables.users.insert(user)).catch((error: unknown) => {
        throw isTaken(error, '_id') ? wrongSetupToken() : error
      })
      if (setup) await tokens.end(setup._id)
      await audit.record({ userId: user._id, action: 'auth.register', subject: { type: 'user', id: user._id } })
      return openSession(parts, user, visitor)
    },
  }
}

/** The setup token's row; undefined for none, a wrong one, and as soon as there is a user. */
async function setupTokenRow({ tables, tokens }: AccountParts, setupToken: string | undefined): Promise<Token | undefined> {
  const row = setupToken === undefined ? undefined : await tokens.find(setupToken, 'setup')
  return row && (await hasNoUsers(tables)) ? row : undefined
}

/** Whether somebody may register, with the setup token or without. */
async function assertAdmitted(
  { settings, tables, audit }: AccountParts,
  { setup, setupToken }: { setup: Token | undefined; setupToken: string | undefined },
): Promise<void> {
  if (setup) return
  if (setupToken !== undefined) {
    await audit.record({ userId: null, action: 'auth.register', details: { failed: true } })
    throw wrongSetupToken()
  }
  if (settings.registration !== 'open')
    throw new ImageDocError('FORBIDDEN', 'This server is closed for registration. Ask one of its managers for an account.')
  // Else a stranger's account would be there first, and nobody could ever become manager.
  if (await hasNoUsers(tables))
    throw new ImageDocError(
      'FORBIDDEN',
      'The first account is the manager’s: it needs the setup token that the server printed when it started.',
    )
}

/** The first manager has an id of its own, so that of two who come with the setup token at the same time one is refused. */
function idOf({ instanceKey }: AccountParts, setup: Token | undefined): string {
  return setup ? idFor(instanceKey, ['users', 'first-manager']) : newId()
}

function wrongSetupToken(): ImageDocError {
  return new ImageDocError(
    'UNAUTHENTICATED',
    'The setup token is wrong, used or expired. While there is no user, a new start prints a new one.',
    {
      path: 'setupToken',
    },
  )
}

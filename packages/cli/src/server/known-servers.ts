import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ImageDocError } from '@imagedoc/core'
import { writeWhole } from '../outputs/write-file.ts'

/** A login that is kept. */
export interface KnownServer {
  readonly username: string
  readonly token: string
  readonly expires_at: string
}

type Variables = Readonly<Record<string, string | undefined>>
type Servers = Record<string, KnownServer>

/** Where the logins are kept. */
export function serversFile(variables: Variables = process.env): string {
  // XDG Base Directory Specification: a relative path is invalid and must be ignored.
  const xdg = variables.XDG_CONFIG_HOME
  if (xdg?.startsWith('/')) return join(xdg, 'imagedoc', 'servers.json')
  if (process.platform === 'win32' && variables.APPDATA) return join(variables.APPDATA, 'imagedoc', 'servers.json')
  return join(homedir(), '.config', 'imagedoc', 'servers.json')
}

/** The login to this server, if there is one. @throws INVALID_CONFIG when the file is damaged */
export async function knownServer(server: string): Promise<KnownServer | undefined> {
  const servers = await readServers(serversFile())
  return Object.hasOwn(servers, server) ? servers[server] : undefined
}

/** Keeps a login instead of the one that was there; only the user can read the file. @throws INVALID_CONFIG, STORE_FAILED */
export async function rememberServer(server: string, known: KnownServer): Promise<void> {
  const path = serversFile()
  await writeServers(path, { ...(await readServers(path)), [server]: known })
}

/** @throws INVALID_CONFIG, STORE_FAILED */
export async function forgetServer(server: string): Promise<void> {
  const path = serversFile()
  const { [server]: _, ...others } = await readServers(path)
  await writeServers(path, others)
}

/**
 * The token for a server: `IMAGEDOC_TOKEN`, else the login's.
 * @throws UNAUTHENTICATED when there is neither
 */
export async function tokenFor(server: string, variables: Variables = process.env): Promise<string> {
  const token = variables.IMAGEDOC_TOKEN?.trim() || (await knownServer(server))?.token
  if (token) return token
  throw new ImageDocError(
    'UNAUTHENTICATED',
    `You are not logged in to ${server}: write imagedoc login --server ${server}, or set IMAGEDOC_TOKEN.`,
  )
}

async function readServers(path: string): Promise<Servers> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '{}'
    throw new ImageDocError('INVALID_CONFIG', `The logins in ${path} cannot be read (${error.code}).`, { cause: error })
  })
  try {
    const { servers = {} } = JSON.parse(text) as { servers?: Servers }
    return servers
  } catch (error) {
    throw new ImageDocError('INVALID_CONFIG', `The logins in ${path} are no JSON. Remove the file and log in again.`, { cause: error })
  }
}

function writeServers(path: string, servers: Servers): Promise<void> {
  return writeWhole(path, `${JSON.stringify({ servers }, null, 2)}\n`, { mode: 0o600 })
}

import type { RedisOptions } from 'ioredis'
import { ImageDocError } from '../../errors/error.ts'

const DEFAULT_PORT = 6379

/**
 * The parts of `redis://user:password@host:port/database`, or `rediss://` for TLS; certificates are checked, against NODE_EXTRA_CA_CERTS too. Options in a
 * query are refused: some of ioredis's would break the drivers.
 * @throws INVALID_CONFIG, without any part of the address, which may hold a password
 */
export function parseRedisUrl(url: string): RedisOptions {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') throw wrong('it is none')
  if (parsed.search || parsed.hash) throw wrong('nothing may follow the number of the database')
  const { username, password } = parsed
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? DEFAULT_PORT : Number(parsed.port),
    db: databaseOf(parsed.pathname),
    ...(username === '' ? {} : { username: decoded(username) }),
    ...(password === '' ? {} : { password: decoded(password) }),
    ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
  }
}

function databaseOf(path: string): number {
  const [, digits = ''] = /^\/?(\d{0,6})$/.exec(path) ?? [undefined, 'none']
  if (digits === 'none') throw wrong('after the host stands the number of a database')
  return Number(digits)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw wrong('a % in the name or the password is written %25')
  }
}

function wrong(why: string): ImageDocError {
  return new ImageDocError(
    'INVALID_CONFIG',
    `The address of Redis must be one such as redis://127.0.0.1:6379 or rediss://user:password@host:6380/0: ${why}.`,
  )
}

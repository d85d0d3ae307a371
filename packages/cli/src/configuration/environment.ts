import { homedir } from 'node:os'
import { join } from 'node:path'
import { ImageDocError, type Limits, parseBytes, readLimits } from '@imagedoc/core'
import type { CommandVariableName } from './variables.ts'

/** What the environment says, checked. */
export interface Environment {
  /** Folder of the result cache. */
  readonly cacheDir: string
  readonly cacheMaxBytes: number | undefined
  readonly redisCacheUrl: string | undefined
  readonly tessdata: string | undefined
  readonly tesseract: string | undefined
  readonly deeplAuthKey: string | undefined
  /** Those that are set. */
  readonly limits: Partial<Limits>
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Reads the variables.
 * @throws INVALID_CONFIG naming the variable and what it expects; never its value, which may hold a password.
 */
export function readEnvironment(variables: Variables = process.env): Environment {
  const get = (name: CommandVariableName) => variables[name]?.trim() || undefined
  const redis = get('IMAGEDOC_REDIS_CACHE_URL') === undefined ? 'IMAGEDOC_REDIS_URL' : 'IMAGEDOC_REDIS_CACHE_URL'
  return {
    cacheDir: get('IMAGEDOC_CACHE_DIR') ?? defaultCacheDir(variables),
    cacheMaxBytes: bytesOf('IMAGEDOC_CACHE_MAX_BYTES', get('IMAGEDOC_CACHE_MAX_BYTES')),
    redisCacheUrl: redisUrl(redis, get(redis)),
    tessdata: get('IMAGEDOC_TESSDATA'),
    tesseract: get('IMAGEDOC_TESSERACT'),
    deeplAuthKey: get('IMAGEDOC_DEEPL_AUTH_KEY') ?? get('DEEPL_AUTH_KEY'),
    limits: readLimits(variables),
  }
}

/** The XDG folder, its counterparts elsewhere. */
function defaultCacheDir(variables: Variables): string {
  // XDG Base Directory Specification: a relative path is invalid and must be ignored.
  const xdg = variables.XDG_CACHE_HOME
  if (xdg?.startsWith('/')) return join(xdg, 'imagedoc')
  if (process.platform === 'win32' && variables.LOCALAPPDATA) return join(variables.LOCALAPPDATA, 'imagedoc', 'cache')
  return process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches', 'imagedoc') : join(homedir(), '.cache', 'imagedoc')
}

function bytesOf(name: string, value: string | undefined): number | undefined {
  const bytes = value === undefined ? undefined : parseBytes(value)
  if (value === undefined || bytes !== undefined) return bytes
  throw wrong(name, 'a number of bytes, or one with a unit such as 500MB or 20GB')
}

function redisUrl(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '') return value
  throw wrong(name, 'an address such as redis://127.0.0.1:6379 or rediss://user:password@host:6380/0')
}

function wrong(name: string, expected: string): ImageDocError {
  return new ImageDocError('INVALID_CONFIG', `The environment variable ${name} is wrong; it expects ${expected}.`, {
    details: { variable: name },
  })
}

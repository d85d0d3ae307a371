import { homedir } from 'node:os'
import { join } from 'node:path'
import { ImageDocError } from '@imagedoc/core'
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

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4,
}

function bytesOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value) ?? []
  const factor = units[unit.toUpperCase()]
  const bytes = Math.round(Number(digits) * (factor ?? Number.NaN))
  if (digits !== '' && Number.isSafeInteger(bytes) && bytes > 0) return bytes
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

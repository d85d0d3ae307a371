import { ImageDocError } from '../errors/error.ts'

const pattern = /^(?:sha256:)?([0-9a-f]{64})$/

/** The 64 hex digits of a result key, fit for a file name. @throws USAGE when it is none */
export function hexOfKey(key: string): string {
  const hex = pattern.exec(key)?.[1]
  if (hex === undefined) throw new ImageDocError('USAGE', `"${key.slice(0, 80)}" is no result key; it is a sha256 as 64 hex digits.`)
  return hex
}

import { BlockList, isIP } from 'node:net'
import { parseRedisUrl as parseRedisAddress } from '@imagedoc/core/drivers/redis'

/** A whole number between bounds, both included. */
export function wholeNumber(least: number, most: number): (value: string) => number | undefined {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
    return number >= least && number <= most ? number : undefined
  }
}

/** One of the words. */
export function oneOfWords<const Word extends string>(...words: Word[]): (value: string) => Word | undefined {
  return (value) => words.find((word) => word === value)
}

/** `https://archive.example.org`, without a path, a query or a name and password. */
export function parseOrigin(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isOrigin =
    url && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password
  return isOrigin ? url.origin : undefined
}

/** Origins with commas between them. */
export function parseOrigins(value: string): readonly string[] | undefined {
  const origins = value.split(',').map((part) => parseOrigin(part.trim()))
  return origins.every((origin) => origin !== undefined) ? origins : undefined
}

/** Addresses and networks (`10.0.0.0/8`, `::1`) with commas between them. */
export function parseNetworks(value: string): BlockList | undefined {
  const networks = new BlockList()
  for (const part of value.split(',')) {
    const [address = '', prefix, ...rest] = part.trim().split('/')
    const family = isIP(address)
    const bits = family === 4 ? 32 : 128
    const length = prefix === undefined ? bits : wholeNumber(0, bits)(prefix)
    if (family === 0 || length === undefined || rest.length > 0) return undefined
    networks.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
  }
  return networks
}

/** What the drivers for Redis understand. */
export function parseRedisUrl(value: string): string | undefined {
  try {
    parseRedisAddress(value)
    return value
  } catch {
    return undefined
  }
}

/** Hosts that may get webhooks, with commas between them, as origins: a host without a scheme is one with TLS. */
export function parseWebhookHosts(value: string): readonly string[] | undefined {
  const origins = value.split(',').map((part) => parseOrigin(part.includes('://') ? part.trim() : `https://${part.trim()}`))
  return origins.every((origin) => origin !== undefined) ? origins : undefined
}

/** Too short a secret could be guessed by whoever got one signed message. */
export function parseSecret(value: string): string | undefined {
  return value.length >= 32 ? value : undefined
}

/** A text of this form. */
export function textLike(form: RegExp): (value: string) => string | undefined {
  return (value) => (form.test(value) ? value : undefined)
}

/** Several hosts are no URL of the standard, so the parts are looked at: the driver has the last word. */
export const parseMongodbUrl = textLike(/^mongodb(?:\+srv)?:\/\/(?:[^\s/@]+@)?[^\s/@?]+(?:\/[^\s/?]*)?(?:\?\S*)?$/)

/** `http://127.0.0.1:9000`, `https://files.example.org/s3`. */
export function parseUrl(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isPlain = url && ['http:', 'https:'].includes(url.protocol) && !url.search && !url.hash && !url.username && !url.password
  return isPlain ? value : undefined
}

/** `on` or `off`. */
export function parseSwitch(value: string): boolean | undefined {
  return value === 'on' ? true : value === 'off' ? false : undefined
}

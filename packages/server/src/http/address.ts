import type { BlockList } from 'node:net'
import { isIP } from 'node:net'

/**
 * Where a request comes from. Each proxy appends the address that it heard from to `X-Forwarded-For`: read from the right, the first that is
 * no trusted proxy is as far as anybody's word can be taken; what stands left of it the caller wrote. Where a proxy says that it does not know
 * (`unknown`, `_hidden`), or what is no address, the proxy itself is all that is known: all whom it does not name are counted as one.
 * @see RFC 7239, 6 (how nodes are written)
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trusted: BlockList): string {
  let address = addressIn(peer) ?? peer
  for (const part of (forwardedFor ?? '').split(',').reverse()) {
    if (!isTrusted(address, trusted)) return address
    // RFC 9110, 5.6.1: an empty element of a list is passed over.
    if (part.trim() === '') continue
    const next = addressIn(part)
    if (next === undefined) return address
    address = next
  }
  return address
}

function isTrusted(address: string, trusted: BlockList): boolean {
  const family = isIP(address)
  return family !== 0 && trusted.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`, with or without quotes; undefined for anything else. */
function addressIn(text: string): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/, '$1')
  const host = /^\[([^\]]*)\](?::\d+)?$/.exec(bare)?.[1] ?? /^([\d.]+):\d+$/.exec(bare)?.[1] ?? bare
  const address = host.replace(/%.*$/, '')
  if (isIP(address) === 4) return address
  return isIP(address) === 6 ? plain(address) : undefined
}

/** An IPv4 address as a socket of both families writes it, in either form. */
function plain(address: string): string {
  // The URL parser writes every IPv6 address in one way.
  const [, high, low] = /^\[::ffff:([\da-f]+):([\da-f]+)\]$/.exec(new URL(`http://[${address}]`).hostname) ?? []
  if (high === undefined || low === undefined) return address
  const bytes = [high, low].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
  return bytes.join('.')
}

/** Whether it is this machine's own. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

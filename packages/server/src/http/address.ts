import type { BlockList } from 'node:net'
import { isIP } from 'node:net'

/**
 * Where a request comes from. Each proxy appends the address that it heard from to `X-Forwarded-For`: read from the right, the first that is
 * no trusted proxy is as far as anybody's word can be taken; what stands left of it the caller wrote herself.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trusted: BlockList): string {
  const chain = [...(forwardedFor ?? '').split(',').map((part) => part.trim()), plain(peer)].filter((part) => isIP(part) !== 0)
  for (let index = chain.length - 1; index > 0; index--) {
    const address = chain[index] as string
    if (!trusted.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')) return address
  }
  return chain[0] ?? plain(peer)
}

/** An IPv4 address as a socket of both families writes it. */
function plain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

/** Whether it is this machine's own. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

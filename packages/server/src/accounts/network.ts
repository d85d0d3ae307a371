import { isIP } from 'node:net'

const GROUPS = 8
const NETWORK_GROUPS = 4

/** What addresses are counted by: an IPv6 user has a whole /64 network, and would otherwise have as many attempts as addresses. */
export function networkOf(address: string): string {
  const [bare = ''] = address.split('%')
  if (isIP(bare) !== 6) return bare
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1]
  return mapped ?? `${groupsOf(bare).slice(0, NETWORK_GROUPS).join(':')}::/64`
}

function groupsOf(address: string): string[] {
  // The URL parser writes every IPv6 address in one way: lower case, hexadecimal, without leading zeros.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [left = [], right] = canonical.split('::').map((part) => (part === '' ? [] : part.split(':')))
  if (!right) return left
  return [...left, ...Array<string>(GROUPS - left.length - right.length).fill('0'), ...right]
}

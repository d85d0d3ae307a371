import { UsageError } from '../arguments/usage-error.ts'

/**
 * The address of a server as it is kept: `https://host:port`.
 * @throws UsageError when there is none, or when it is more than that
 */
export function serverAddress(command: string, value: string | undefined): string {
  const hint = `See imagedoc ${command} --help.`
  if (value === undefined) throw new UsageError(`${command} needs the address of a server: --server URL.`, hint)
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isOrigin =
    url &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.pathname === '/' &&
    `${url.search}${url.hash}${url.username}${url.password}` === ''
  if (isOrigin) return url.origin
  // Not the value: it may hold a password.
  throw new UsageError('--server is no address of a server; write it as http://127.0.0.1:8420 or https://archive.example.org.', hint)
}

/** Whether what is sent there can be read on the way: no TLS, and another machine. */
export function isReadableOnTheWay(server: string): boolean {
  const { protocol, hostname } = new URL(server)
  return protocol === 'http:' && hostname !== 'localhost' && hostname !== '[::1]' && !hostname.startsWith('127.')
}

import { UsageError } from '../arguments/usage-error.ts'

/**
 * The address of a server as it is kept: `https://host:port`.
 * @throws UsageError when there is none, or when it is more than that
 */
export function serverAddress(command: string, value: string | undefined): string {
  const hint = `See imagedoc ${command} --help.`
  if (value === undefined) throw new UsageError(`${command} needs the address of a server: --server URL.`, hint)
  const written = withScheme(value)
  const url = URL.canParse(written) ? new URL(written) : undefined
  const isOrigin =
    url &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.pathname === '/' &&
    `${url.search}${url.hash}${url.username}${url.password}` === ''
  if (isOrigin) return url.origin
  // Not the value: it may hold a password.
  throw new UsageError('--server is no address of a server; write it as http://127.0.0.1:8420 or https://archive.example.org.', hint)
}

/** `127.0.0.1:8420` is meant as http, `archive.example.org` as https: another machine is not given a password in the clear unasked. */
function withScheme(value: string): string {
  const host = /^(\[[\da-f:]+\]|[a-z\d.-]+):\d+\/?$/i.exec(value)?.[1]
  if (host === undefined) return value
  return `${isThisMachine(host) ? 'http' : 'https'}://${value}`
}

const isThisMachine = (hostname: string): boolean => hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')

/** Whether what is sent there can be read on the way: no TLS, and another machine. */
export function isReadableOnTheWay(server: string): boolean {
  const { protocol, hostname } = new URL(server)
  return protocol === 'http:' && !isThisMachine(hostname)
}
